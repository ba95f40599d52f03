using System.Text;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Repeats;

/// <summary>Where the lines of some leaders stand in the output files.</summary>
internal sealed class LeaderLines
{
    // By the hash of the request: whose answer its followers get.
    private readonly Dictionary<BatchId, BatchId> _leaders = [];
    private readonly Dictionary<BatchId, Place> _places = [];

    private readonly record struct Place(OutputFile File, long Offset, int Length);

    /// <summary>How many leaders there are.</summary>
    public int Count => _leaders.Count;

    /// <summary>The hashes of their requests.</summary>
    public IEnumerable<BatchId> Hashes => _leaders.Keys;

    /// <summary>Adds the first request with a hash; does nothing when there is one.</summary>
    public void AddFirst(BatchId hash, BatchId id) => _leaders.TryAdd(hash, id);

    /// <summary>Whether the leader with this hash is one of them, and which request it is.</summary>
    public bool TryGet(BatchId hash, out BatchId leader) => _leaders.TryGetValue(hash, out leader);

    /// <summary>Finds their lines in a file.</summary>
    public async Task FindAsync(OutputFile file, CancellationToken cancellationToken)
    {
        HashSet<BatchId> wanted = [.. _leaders.Values];
        OutputView view = new(file);
        await using (view.ConfigureAwait(Continuations.KeepContext))
        {
            LineSplitter splitter = new(view, OutputRecovery.MaxLineBytes);
            while (await splitter.MoveNextAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext))
            {
                SplitLine line = splitter.Current;
                if (TryReadId(line.Content.Span, out BatchId id) && wanted.Contains(id))
                {
                    _places[id] = new Place(file, line.Offset, line.Content.Length);
                }
            }
        }
    }

    /// <summary>Reads a leader's line.</summary>
    /// <param name="leader">The leader.</param>
    /// <param name="line">The line without its line feed.</param>
    /// <returns>The file it is in.</returns>
    /// <exception cref="IOException">It has no line, though the job has come to its end.</exception>
    public OutputFile Read(BatchId leader, out byte[] line)
    {
        if (!_places.TryGetValue(leader, out Place place))
        {
            throw new IOException($"The line of '{leader}', whose answer equal requests are to get, is not in the output; run the same command again.");
        }

        line = new byte[place.Length];
        return place.File.ReadAt(place.Offset, line) == line.Length
            ? place.File
            : throw new IOException($"'{place.File.Path}' has become shorter while the job ran.");
    }

    private static bool TryReadId(ReadOnlySpan<byte> line, out BatchId id)
    {
        id = default;
        int start = OutputLine.Opening.Length - BatchId.Prefix.Length;
        Span<char> text = stackalloc char[BatchId.Length];
        return line.StartsWith(OutputLine.Opening)
            && line.Length > start + BatchId.Length
            && Encoding.ASCII.TryGetChars(line.Slice(start, BatchId.Length), text, out _)
            && BatchId.TryParse(text, out id);
    }
}
