using System.Diagnostics;

namespace AiLib.Dataflow.Batch.Input;

/// <summary>What is known of each id of a job: written in an earlier run, seen in this input, or both.</summary>
/// <remarks>
/// <para>What is this: a hash table with open addressing, 16 bytes for each place. The first 64 bits of an id choose the place; on a hit the other half is compared
/// too, less the two bits that say what is known. It grows by a quarter when it is 85 % full, so an id costs at most 24 bytes (while it grows,
/// twice that).</para>
/// <para>Threading: one thread.</para>
/// </remarks>
internal sealed class IdLedger
{
    private const ulong WasDone = 1;
    private const ulong WasSeen = 2;
    private const ulong Known = WasDone | WasSeen;
    private const int FirstCapacity = 64;

    // Both halves beside each other, so that a probe reads one cache line. A place without a known bit is free.
    private Place[] _places = new Place[FirstCapacity];

    /// <summary>How many ids there are.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of the table.</summary>
    public long Bytes => _places.LongLength * 16;

    /// <summary>Notes that an id was written in an earlier run.</summary>
    /// <returns>False when that was known.</returns>
    public bool MarkDone(BatchId id) => (Mark(id, WasDone) & WasDone) == 0;

    /// <summary>Takes back what <see cref="MarkDone"/> noted of an id that was seen.</summary>
    public void UnmarkDone(BatchId id)
    {
        ref Place place = ref _places[Find(_places, id)];

        // A place without a mark would be free, and what was put behind it would not be found any more.
        Debug.Assert((place.State & WasSeen) != 0);
        place = place with { State = place.State & ~WasDone };
    }

    /// <summary>Whether the id was written in an earlier run.</summary>
    public bool IsDone(BatchId id) => (_places[Find(_places, id)].State & WasDone) != 0;

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

    private ulong Mark(BatchId id, ulong bit)
    {
        ref Place place = ref _places[Find(_places, id)];
        ulong before = place.State & Known;
        if (before == 0)
        {
            place = new Place(id.High, (id.Low & ~Known) | bit);
            Count++;
            if (Count > _places.LongLength * 85 / 100)
            {
                Grow();
            }
        }
        else
        {
            place = place with { State = place.State | bit };
        }

        return before;
    }

    /// <summary>The place of the id, or the free one where it would go. There always is one.</summary>
    private static long Find(Place[] places, BatchId id)
    {
        // The high half of the product spreads 64 random bits evenly over any number of places.
        long index = (long)Math.BigMul(id.High, (ulong)places.LongLength, out _);
        while (true)
        {
            Place place = places[index];
            if ((place.State & Known) == 0 || (place.High == id.High && ((place.State ^ id.Low) & ~Known) == 0))
            {
                return index;
            }

            index = index + 1 == places.LongLength ? 0 : index + 1;
        }
    }

    private void Grow()
    {
        Place[] larger = new Place[_places.LongLength + (_places.LongLength / 4)];
        foreach (Place place in _places)
        {
            if ((place.State & Known) != 0)
            {
                larger[Find(larger, new BatchId(place.High, place.State))] = place;
            }
        }

        Debug.Assert(Count < larger.LongLength);
        _places = larger;
    }

    private readonly record struct Place(ulong High, ulong State);
}
