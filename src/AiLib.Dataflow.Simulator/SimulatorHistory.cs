using System.Diagnostics;

namespace AiLib.Dataflow.Simulator;

/// <summary>The newest arrivals, in the order in which they were decided.</summary>
/// <remarks>A ring in small chunks, made when they are first needed, so that it never stops the server to grow. Thread-safe.</remarks>
public sealed class SimulatorHistory
{
    // Small enough to stay out of the large object heap.
    private const int ChunkSize = 512;

    private readonly Lock _sync = new();
    private readonly int _capacity;

    // Guarded by _sync. The oldest entry is at _oldest, which moves only once the ring is full.
    private readonly Arrival[]?[] _chunks;
    private int _oldest;
    private int _count;
    private long _dropped;

    internal SimulatorHistory(int capacity)
    {
        _capacity = capacity;
        _chunks = new Arrival[]?[(capacity / ChunkSize) + 1];
    }

    /// <summary>How many arrivals are kept now.</summary>
    public int Count
    {
        get
        {
            lock (_sync)
            {
                return _count;
            }
        }
    }

    /// <summary>How many older arrivals were dropped because the history was full.</summary>
    public long Dropped
    {
        get
        {
            lock (_sync)
            {
                return _dropped;
            }
        }
    }

    /// <summary>A copy of the arrivals kept now, oldest first.</summary>
    public IReadOnlyList<Arrival> Snapshot()
    {
        lock (_sync)
        {
            var copy = new Arrival[_count];
            for (int index = 0; index < copy.Length; index++)
            {
                copy[index] = SlotLocked((_oldest + index) % _capacity);
            }

            return copy;
        }
    }

    /// <summary>Adds the newest arrival.</summary>
    internal void Add(in Arrival arrival)
    {
        lock (_sync)
        {
            if (_capacity == 0)
            {
                _dropped++;
                return;
            }

            if (_count < _capacity)
            {
                SlotLocked(_count++) = arrival;
                return;
            }

            SlotLocked(_oldest) = arrival;
            _oldest = (_oldest + 1) % _capacity;
            _dropped++;
        }
    }

    /// <summary>Forgets everything.</summary>
    internal void Clear()
    {
        lock (_sync)
        {
            Array.Clear(_chunks);
            _oldest = 0;
            _count = 0;
            _dropped = 0;
        }
    }

    private ref Arrival SlotLocked(int index)
    {
        Debug.Assert(_sync.IsHeldByCurrentThread);
        Arrival[] chunk = _chunks[index / ChunkSize] ??= new Arrival[ChunkSize];
        return ref chunk[index % ChunkSize];
    }
}
