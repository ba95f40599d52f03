namespace AiLib.Dataflow.Batch.Output;

/// <summary>Finds out at the end of a run whether its input is what it was at the beginning.</summary>
/// <remarks>What is looked at is what is read, the same open file; and at the end also what its name stands for by then. For one thread.</remarks>
internal sealed class InputWatch
{
    private readonly Stream _input;
    private readonly string _path;
    private readonly IFileSystem _files;
    private readonly DateTime? _writtenAt;

    private InputWatch(Stream input, string path, IFileSystem files, InputFingerprint atFirst, DateTime? writtenAt)
    {
        _input = input;
        _path = path;
        _files = files;
        AtFirst = atFirst;
        _writtenAt = writtenAt;
    }

    /// <summary>The input when it was opened.</summary>
    public InputFingerprint AtFirst { get; }

    /// <summary>Looks at an input that was opened and not yet read, and leaves it at its start.</summary>
    /// <param name="input">The input; it can be sought in.</param>
    /// <param name="path">Its name.</param>
    /// <param name="files">The disk.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<InputWatch> BeginAsync(Stream input, string path, IFileSystem files, CancellationToken cancellationToken)
    {
        // First: what is written while the fingerprint is taken counts as a change.
        DateTime? writtenAt = WrittenAt(input);
        InputFingerprint atFirst = await InputFingerprint.OfAsync(input, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        input.Position = 0;
        return new InputWatch(input, path, files, atFirst, writtenAt);
    }

    /// <summary>What has changed, as a part of a sentence; null when nothing has.</summary>
    /// <exception cref="IOException">The input cannot be read any more.</exception>
    public async Task<string?> ChangeAsync()
    {
        if (_input.CanSeek)
        {
            InputFingerprint now = await InputFingerprint.OfAsync(_input, CancellationToken.None).ConfigureAwait(Continuations.KeepContext);
            if (now != AtFirst)
            {
                return now.DifferenceFrom(AtFirst);
            }

            // Between the blocks of a large one only the clock of its file system tells.
            if (!AtFirst.IsOfEveryByte && WrittenAt(_input) != _writtenAt)
            {
                return "the input was written to";
            }
        }

        if (!_files.Exists(_path))
        {
            // What was read was whole, and nobody can read anything else there.
            return null;
        }

        Stream named = _files.OpenRead(_path);
        await using (named.ConfigureAwait(Continuations.KeepContext))
        {
            if (!named.CanSeek)
            {
                return "the input is no longer a file";
            }

            InputFingerprint now = await InputFingerprint.OfAsync(named, CancellationToken.None).ConfigureAwait(Continuations.KeepContext);
            return now == AtFirst ? null : now.DifferenceFrom(AtFirst);
        }
    }

    private static DateTime? WrittenAt(Stream stream) => stream is FileStream file ? File.GetLastWriteTimeUtc(file.SafeFileHandle) : null;
}
