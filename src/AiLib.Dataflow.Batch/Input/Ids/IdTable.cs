using System.Diagnostics;

namespace AiLib.Dataflow.Batch.Input.Ids;

/// <summary>Ids in memory, each with its marks.</summary>
/// <remarks>
/// <para>
/// What is this: one hash table for each row of <see cref="IdKey"/>, all of the same size, one after another, 8 bytes for each place: 62 bits of the id beside its marks. All of them grow at
/// once, by a sixteenth and where they are, when one of them is nearly full. So from 200,000 ids on one costs less than 12 bytes, from a million on less than 10, growing included.
/// </para>
/// <para>Threading: one thread.</para>
/// </remarks>
internal sealed class IdTable : IDisposable
{
    private const ulong Known = (ulong)(IdMarks.Done | IdMarks.Seen);
    private const int KnownBits = 64 - IdKey.RestBits;
    private const int FirstCapacity = 16;

    private readonly NativeWords _places = new(IdKey.Rows * FirstCapacity);
    private readonly int[] _counts = new int[IdKey.Rows];

    // The places of each row.
    private int _capacity = FirstCapacity;

    /// <summary>How many ids there are.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of the rows.</summary>
    public long Bytes => _places.Length * sizeof(ulong);

    /// <summary>How many ids there are in a row.</summary>
    public int CountOf(int row) => _counts[row];

    /// <summary>The marks of an id.</summary>
    public IdMarks MarksOf(IdKey key) => MarksAt(Find(Row(key.Row), key.Rest));

    /// <summary>Adds a mark to an id, and the id when it is not there.</summary>
    /// <returns>The marks that it had.</returns>
    public IdMarks Mark(IdKey key, IdMarks mark)
    {
        Debug.Assert(mark != IdMarks.None);
        ref ulong place = ref Find(Row(key.Row), key.Rest);
        IdMarks before = MarksAt(place);
        if (before != IdMarks.None)
        {
            place |= (ulong)mark;
            return before;
        }

        place = (key.Rest << KnownBits) | (ulong)mark;
        Count++;
        if (++_counts[key.Row] >= _capacity - Math.Max(1, _capacity / 32))
        {
            Grow();
        }

        return IdMarks.None;
    }

    /// <summary>Takes a mark from an id that has another as well.</summary>
    public void Unmark(IdKey key, IdMarks mark)
    {
        ref ulong place = ref Find(Row(key.Row), key.Rest);

        // A place without a mark would be free, and what was put behind it would not be found any more.
        Debug.Assert((MarksAt(place) & ~mark) != IdMarks.None);
        place &= ~(ulong)mark;
    }

    /// <summary>Copies the places of a row that are taken.</summary>
    /// <param name="row">The row.</param>
    /// <param name="places">Gets them; <see cref="CountOf"/> says how many.</param>
    public void CopyRow(int row, Span<ulong> places)
    {
        int count = 0;
        foreach (ulong place in Row(row))
        {
            if ((place & Known) != 0)
            {
                places[count++] = place;
            }
        }

        Debug.Assert(count == places.Length);
    }

    /// <summary>Which id of its row a place is taken by.</summary>
    public static ulong RestAt(ulong place) => place >> KnownBits;

    /// <summary>The marks of the id by which a place is taken.</summary>
    public static IdMarks MarksAt(ulong place) => (IdMarks)(place & Known);

    /// <summary>Forgets all ids, and keeps the room that they had.</summary>
    public void Clear()
    {
        for (int row = 0; row < IdKey.Rows; row++)
        {
            Row(row).Clear();
        }

        Array.Clear(_counts);
        Count = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    private Span<ulong> Row(int row) => _places.Slice((long)row * _capacity, _capacity);

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

    /// <summary>From the last row to the first, because each begins behind where it was: what stands at its new place is already elsewhere.</summary>
    private void Grow()
    {
        int larger = checked(_capacity + Math.Max(8, _capacity / 16));
        ulong[] moving = new ulong[_capacity];
        _places.Grow((long)IdKey.Rows * larger);
        for (int row = IdKey.Rows - 1; row >= 0; row--)
        {
            Row(row).CopyTo(moving);
            Span<ulong> places = _places.Slice((long)row * larger, larger);
            places.Clear();
            foreach (ulong place in moving)
            {
                if ((place & Known) != 0)
                {
                    Find(places, RestAt(place)) = place;
                }
            }
        }

        _capacity = larger;
    }
}
