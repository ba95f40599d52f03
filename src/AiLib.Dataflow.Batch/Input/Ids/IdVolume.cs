using System.Runtime.InteropServices;

namespace AiLib.Dataflow.Batch.Input.Ids;

/// <summary>Ids that were written to a file once and for all, row by row; their marks, which change, are here.</summary>
/// <remarks>
/// What is read back is compared with what was written, by the exclusive or of each row: a page that the system could not write and forgot reads as zeros, and ids that are not
/// found would be sent again. For one thread.
/// </remarks>
internal sealed class IdVolume
{
    // Where each row begins, in ids from the start of the volume; and where the last one ends.
    private readonly int[] _starts = new int[IdKey.Rows + 1];
    private readonly uint[] _sums = new uint[IdKey.Rows];
    private readonly MarkBits _done;
    private readonly MarkBits _seen;
    private readonly long _offset;

    private IdVolume(long offset, int count)
    {
        _offset = offset;
        _done = new MarkBits(count);
        _seen = new MarkBits(count);
    }

    /// <summary>How many ids there are.</summary>
    public int Count => _starts[IdKey.Rows];

    /// <summary>The bytes of memory that it takes.</summary>
    public long Bytes => ((_starts.Length + _sums.Length) * sizeof(int)) + _done.Bytes + _seen.Bytes;

    /// <summary>Writes all ids of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="file">Where they go, from where it stands.</param>
    /// <param name="buffer">Room for some of them.</param>
    /// <exception cref="IOException">They could not be written; there may be a part of them.</exception>
    public static IdVolume Write(IdTable table, Stream file, IdBuffer buffer)
    {
        IdVolume volume = new(file.Position, table.Count);
        int waiting = 0;
        int position = 0;
        for (int row = 0; row < IdKey.Rows; row++)
        {
            int count = table.CountOf(row);
            if (waiting > 0 && waiting + count > IdBuffer.Preferred)
            {
                file.Write(buffer.BytesOf(waiting));
                waiting = 0;
            }

            buffer.Reserve(waiting + count);
            Span<ulong> ids = buffer.Ids.AsSpan(waiting, count);
            table.CopyRow(row, ids);
            volume._starts[row] = position;
            foreach (ref ulong id in ids)
            {
                volume._done[position] = (IdTable.MarksAt(id) & IdMarks.Done) != IdMarks.None;
                volume._seen[position] = (IdTable.MarksAt(id) & IdMarks.Seen) != IdMarks.None;
                id = IdTable.RestAt(id);
                position++;
            }

            volume._sums[row] = SumOf(ids);
            waiting += count;
        }

        volume._starts[IdKey.Rows] = position;
        file.Write(buffer.BytesOf(waiting));
        file.Flush();
        return volume;
    }

    /// <summary>Looks for an id in the file.</summary>
    /// <returns>Which of the volume's it is; below 0 when it is none.</returns>
    /// <exception cref="IOException">The file cannot be read, or says something else than was written.</exception>
    public int Find(IdKey key, Stream file, IdBuffer buffer)
    {
        int start = _starts[key.Row];
        int count = _starts[key.Row + 1] - start;
        buffer.Reserve(count);
        file.Position = _offset + ((long)start * sizeof(ulong));
        file.ReadExactly(buffer.BytesOf(count));
        ReadOnlySpan<ulong> ids = buffer.Ids.AsSpan(0, count);
        Check(key.Row, ids);
        return IndexOf(ids, key.Rest, start);
    }

    /// <summary>Looks for an id in what <see cref="Load"/> has read.</summary>
    /// <returns>Which of the volume's it is; below 0 when it is none.</returns>
    public int Find(IdKey key, ReadOnlySpan<ulong> all)
    {
        int start = _starts[key.Row];
        return IndexOf(all[start.._starts[key.Row + 1]], key.Rest, start);
    }

    /// <summary>Reads all ids.</summary>
    /// <exception cref="IOException">The file cannot be read, or says something else than was written.</exception>
    public void Load(Stream file, Span<ulong> all)
    {
        file.Position = _offset;
        file.ReadExactly(MemoryMarshal.AsBytes(all[..Count]));
        for (int row = 0; row < IdKey.Rows; row++)
        {
            Check(row, all[_starts[row].._starts[row + 1]]);
        }
    }

    /// <summary>The marks of an id.</summary>
    public IdMarks MarksOf(int index) => (_done[index] ? IdMarks.Done : IdMarks.None) | (_seen[index] ? IdMarks.Seen : IdMarks.None);

    /// <summary>Adds a mark to an id.</summary>
    public void Mark(int index, IdMarks mark) => BitsOf(mark)[index] = true;

    /// <summary>Takes a mark from an id.</summary>
    public void Unmark(int index, IdMarks mark) => BitsOf(mark)[index] = false;

    private MarkBits BitsOf(IdMarks mark) => mark == IdMarks.Done ? _done : _seen;

    private static int IndexOf(ReadOnlySpan<ulong> row, ulong rest, int start) => row.IndexOf(rest) is >= 0 and var index ? start + index : -1;

    private static uint SumOf(ReadOnlySpan<ulong> ids)
    {
        ulong sum = 0;
        foreach (ulong id in ids)
        {
            sum ^= id;
        }

        return (uint)sum ^ (uint)(sum >> 32);
    }

    private void Check(int row, ReadOnlySpan<ulong> ids)
    {
        if (SumOf(ids) != _sums[row])
        {
            throw new IOException("The temporary file with the ids of this job says something else than was written to it; run the same command again.");
        }
    }
}
