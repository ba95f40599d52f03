using System.Diagnostics;

namespace AiLib.Dataflow.Batch.Input;

/// <summary>What is known of each id of a job: written in an earlier run, seen in this input, or both.</summary>
/// <remarks>
/// <para>
/// What is this: 1,024 hash tables of the same size, one after another, 8 bytes for each place. 10 bits of an id's fingerprint choose the table; 62 stand in the place, beside the two bits that
/// say what is known. All tables grow at once, by a sixteenth and where they are, when one of them is nearly full. So from 200,000 ids on one costs less than 12 bytes, from a million on less
/// than 10, growing included. Two ids of a job are taken for one another with odds of one in 10^8 among ten million, one in 10^10 among a million.
/// </para>
/// <para>Threading: one thread.</para>
/// </remarks>
internal sealed class IdLedger : IDisposable
{
    private const ulong WasDone = 1;
    private const ulong WasSeen = 2;
    private const ulong Known = WasDone | WasSeen;
    private const int KnownBits = 64 - IdFingerprint.RemainderBits;
    private const int Rows = 1 << IdFingerprint.RowBits;
    private const int FirstCapacity = 16;

    private readonly IdFingerprint _fingerprint = new();
    private readonly NativeWords _places = new(Rows * FirstCapacity);
    private readonly int[] _counts = new int[Rows];

    // The places of each table.
    private int _capacity = FirstCapacity;

    /// <summary>How many ids there are.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of the tables.</summary>
    public long Bytes => _places.Length * sizeof(ulong);

    /// <summary>Notes that an id was written in an earlier run.</summary>
    /// <returns>False when that was known.</returns>
    public bool MarkDone(BatchId id) => (Mark(id, WasDone) & WasDone) == 0;

    /// <summary>Takes back what <see cref="MarkDone"/> noted of an id that was seen.</summary>
    public void UnmarkDone(BatchId id)
    {
        (int row, ulong rest) = _fingerprint.Of(id);
        ref ulong place = ref Find(Row(row), rest);

        // A place without a mark would be free, and what was put behind it would not be found any more.
        Debug.Assert((place & WasSeen) != 0);
        place &= ~WasDone;
    }

    /// <summary>Whether the id was written in an earlier run.</summary>
    public bool IsDone(BatchId id)
    {
        (int row, ulong rest) = _fingerprint.Of(id);
        return (Find(Row(row), rest) & WasDone) != 0;
    }

    /// <summary>Notes that an id stands in the input.</summary>
    /// <param name="id">The id.</param>
    /// <param name="isDone">Whether it was written in an earlier run.</param>
    /// <returns>False when it was in the input before.</returns>
    public bool TrySee(BatchId id, out bool isDone)
    {
        ulong before = Mark(id, WasSeen);
        isDone = (before & WasDone) != 0;
        return (before & WasSeen) == 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    private Span<ulong> Row(int row) => _places.Slice((long)row * _capacity, _capacity);

    private ulong Mark(BatchId id, ulong bit)
    {
        (int row, ulong rest) = _fingerprint.Of(id);
        ref ulong place = ref Find(Row(row), rest);
        ulong before = place & Known;
        if (before != 0)
        {
            place |= bit;
            return before;
        }

        place = (rest << KnownBits) | bit;
        Count++;
        if (++_counts[row] >= _capacity - Math.Max(1, _capacity / 32))
        {
            Grow();
        }

        return 0;
    }

    /// <summary>The place of the id, or the free one where it would go. There always is one.</summary>
    private static ref ulong Find(Span<ulong> places, ulong rest)
    {
        ulong wanted = rest << KnownBits;

        // The high half of the product spreads random bits evenly over any number of places.
        int index = (int)Math.BigMul(wanted, (ulong)places.Length, out _);
        while (true)
        {
            ulong place = places[index];
            if ((place & Known) == 0 || (place & ~Known) == wanted)
            {
                return ref places[index];
            }

            index = index + 1 == places.Length ? 0 : index + 1;
        }
    }

    /// <summary>From the last table to the first, because each begins behind where it was: what stands at its new place is already elsewhere.</summary>
    private void Grow()
    {
        int larger = checked(_capacity + Math.Max(8, _capacity / 16));
        ulong[] moving = new ulong[_capacity];
        _places.Grow((long)Rows * larger);
        for (int row = Rows - 1; row >= 0; row--)
        {
            Row(row).CopyTo(moving);
            Span<ulong> places = _places.Slice((long)row * larger, larger);
            places.Clear();
            foreach (ulong place in moving)
            {
                if ((place & Known) != 0)
                {
                    Find(places, place >> KnownBits) = place;
                }
            }
        }

        _capacity = larger;
    }
}
