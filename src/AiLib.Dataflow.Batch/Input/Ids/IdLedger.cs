using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace AiLib.Dataflow.Batch.Input.Ids;

/// <summary>What is known of each id of a job: written in an earlier run, seen in this input, or both.</summary>
/// <remarks>
/// <para>
/// What is this: the newest ids stand in a table in memory; when they are 131,072 they go to a temporary file as one volume, and the table begins again. In memory stays a filter that says which volumes may
/// have an id: about 2 bytes an id instead of 10. An id is in the table or in one volume, never in both. Where the file cannot be made or written, ids stay in memory from then on, and the job goes on.
/// </para>
/// <para>
/// Two ids of a job are taken for one another with odds of one in 10^8 among ten million, one in 10^10 among a million: a hit in the filter is looked at exactly, with the 72 bits of
/// <see cref="IdKey"/>.
/// </para>
/// <para>Threading: one thread. A file that cannot be read any more is an <see cref="IOException"/> of whatever is asked: to say "not seen" then would send a request twice.</para>
/// </remarks>
internal sealed class IdLedger : IDisposable
{
    /// <summary>How many ids stand in the table at most, while the file can be written. They take about 1.5 MB.</summary>
    public const int DefaultIdsInMemory = 1 << 17;

    // Of new ids: about once a second, and never in a short job.
    private const int GiveBackEvery = 1 << 15;

    private readonly IdFingerprint _fingerprint = new();
    private readonly IdTable _table = new();
    private readonly IdVolumes? _volumes;
    private readonly int _idsInMemory;

    /// <summary>A ledger of no ids.</summary>
    /// <param name="openFile">Opens the file for older ids, when there are any; null when all stay in memory.</param>
    /// <param name="idsInMemory">How many stand in memory.</param>
    public IdLedger(Func<Stream>? openFile = null, int idsInMemory = DefaultIdsInMemory)
    {
        Debug.Assert(idsInMemory > 0);
        _idsInMemory = openFile is null ? int.MaxValue : idsInMemory;
        _volumes = openFile is null ? null : new IdVolumes(idsInMemory, openFile);
    }

    /// <summary>How many ids there are.</summary>
    public int Count => _table.Count + (_volumes?.Count ?? 0);

    /// <summary>The bytes of memory that they take.</summary>
    public long Bytes => _table.Bytes + (_volumes?.Bytes ?? 0);

    /// <summary>How often the file was read.</summary>
    public long Reads => _volumes?.Reads ?? 0;

    /// <summary>Why ids stay in memory that were to go to the file; null while they do not.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Notes that an id was written in an earlier run.</summary>
    /// <returns>False when that was known.</returns>
    public bool MarkDone(BatchId id) => (Mark(id, IdMarks.Done) & IdMarks.Done) == IdMarks.None;

    /// <summary>Takes back what <see cref="MarkDone"/> noted of an id that was seen.</summary>
    public void UnmarkDone(BatchId id)
    {
        IdKey key = _fingerprint.Of(id);
        if (TryFindOlder(key, out IdVolume? volume, out int index))
        {
            volume.Unmark(index, IdMarks.Done);
        }
        else
        {
            _table.Unmark(key, IdMarks.Done);
        }
    }

    /// <summary>Whether the id was written in an earlier run.</summary>
    public bool IsDone(BatchId id)
    {
        IdKey key = _fingerprint.Of(id);
        IdMarks marks = TryFindOlder(key, out IdVolume? volume, out int index) ? volume.MarksOf(index) : _table.MarksOf(key);
        return (marks & IdMarks.Done) != IdMarks.None;
    }

    /// <summary>Notes that an id stands in the input.</summary>
    /// <param name="id">The id.</param>
    /// <param name="isDone">Whether it was written in an earlier run.</param>
    /// <returns>False when it was in the input before.</returns>
    public bool TrySee(BatchId id, out bool isDone)
    {
        IdMarks before = Mark(id, IdMarks.Seen);
        isDone = (before & IdMarks.Done) != IdMarks.None;
        return (before & IdMarks.Seen) == IdMarks.None;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _table.Dispose();
        _volumes?.Dispose();
    }

    private IdMarks Mark(BatchId id, IdMarks mark)
    {
        IdKey key = _fingerprint.Of(id);
        IdMarks before;
        if (TryFindOlder(key, out IdVolume? volume, out int index))
        {
            before = volume.MarksOf(index);
            volume.Mark(index, mark);
            return before;
        }

        before = _table.Mark(key, mark);
        if (before == IdMarks.None)
        {
            OnAdded();
        }

        return before;
    }

    private void OnAdded()
    {
        if (_table.Count >= _idsInMemory && Failure is null)
        {
            MoveToFile();
        }

        if (Count % GiveBackEvery == 0)
        {
            FreedMemory.GiveBack();
        }
    }

    private bool TryFindOlder(IdKey key, [NotNullWhen(true)] out IdVolume? volume, out int index)
    {
        if (_volumes is { Count: > 0 })
        {
            return _volumes.TryFind(key, out volume, out index);
        }

        (volume, index) = (null, -1);
        return false;
    }

    private void MoveToFile()
    {
        try
        {
            _volumes!.Add(_table);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // For good: a disk that is full now is hardly emptier a moment later, and everything is still in the table.
            Failure = exception;
            return;
        }

        _table.Clear();
    }
}
