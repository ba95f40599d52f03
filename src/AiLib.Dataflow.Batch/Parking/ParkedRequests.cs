using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Batch.Parking;

/// <summary>The requests of a run that wait for a target's time, as their places in the input: 8 bytes each, no body.</summary>
/// <remarks>
/// <para>What is this: the places, when their targets can be called again, and which requests are in the pipeline now, since what it gives up at the end of a leg waits too.</para>
/// <para>Threading: the input's reader brings requests in, the results' consumer does all the rest; anyone may look how many wait, and until when.</para>
/// </remarks>
/// <param name="longest">How long may be waited without an answer.</param>
internal sealed class ParkedRequests(TimeSpan longest)
{
    private readonly Lock _sync = new();

    // Guarded by _sync.
    private readonly HashSet<BatchRequest> _inside = [];
    private long _firstNew;

    // The consumer's own.
    private readonly Dictionary<string, DateTimeOffset> _until = new(StringComparer.Ordinal);
    private List<long> _places = [];
    private ParkedPlaces? _leg;
    private TimeSpan _waited;

    // Moved by both; only for people to look at, until a leg has ended.
    private long _count;
    private long _waitsUntil;

    /// <summary>How many wait.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Until when the run sleeps; null when it does not.</summary>
    public DateTimeOffset? WaitsUntil => Volatile.Read(ref _waitsUntil) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Begins a leg: what waits is read again.</summary>
    public ParkedPlaces Begin()
    {
        _until.Clear();
        _places.Sort();
        _leg = new ParkedPlaces(_places, _firstNew);
        _places = [];
        return _leg;
    }

    /// <summary>An entry was read for the first time, or a request again.</summary>
    public void OnRead(long place, BatchRequest? request, bool isAgain)
    {
        if (isAgain)
        {
            Interlocked.Decrement(ref _count);
        }

        lock (_sync)
        {
            _firstNew = Math.Max(_firstNew, place + 1);
            if (request is not null)
            {
                request.Place = place;
                _inside.Add(request);
            }
        }
    }

    /// <summary>A request has come to its end.</summary>
    public void OnSettled(BatchRequest request, bool isAnswered)
    {
        lock (_sync)
        {
            _inside.Remove(request);
        }

        _waited = isAnswered ? TimeSpan.Zero : _waited;
    }

    /// <summary>Parks a request that has come to no end.</summary>
    /// <param name="request">The request.</param>
    /// <param name="target">Whom it waits for.</param>
    /// <param name="until">Until when.</param>
    public void Park(BatchRequest request, string? target, DateTimeOffset until)
    {
        _places.Add(request.Place);
        string name = target ?? "";
        _until[name] = _until.TryGetValue(name, out DateTimeOffset known) && known > until ? known : until;
        Interlocked.Increment(ref _count);
    }

    /// <summary>A leg has ended. What was not read again waits, and what the pipeline had as well, if it was given up for a wait and not for a stop.</summary>
    /// <returns>What the pipeline had.</returns>
    public IReadOnlyList<BatchRequest> End(bool isPaused)
    {
        BatchRequest[] inside;
        lock (_sync)
        {
            inside = [.. _inside];
            _inside.Clear();
        }

        _places.AddRange(isPaused ? inside.Select(static request => request.Place) : []);
        _places.AddRange(_leg!.Left);
        Volatile.Write(ref _count, _places.Count);
        return inside;
    }

    /// <summary>When the first target can be called again that cannot be now.</summary>
    public DateTimeOffset ReadyAt(SignalsSnapshot signals, DateTimeOffset now)
    {
        DateTimeOffset ready = DateTimeOffset.MaxValue;
        foreach (DateTimeOffset until in _until.Values)
        {
            ready = until < ready ? until : ready;
        }

        foreach (TargetSignals target in signals.Targets)
        {
            if (!_until.ContainsKey(target.Target) && LongWait.UnavailableFor(target) is { } wait && wait < DateTimeOffset.MaxValue - now)
            {
                ready = now + wait < ready ? now + wait : ready;
            }
        }

        return ready;
    }

    /// <summary>Whether so long a wait is within what may be waited without an answer; counts it when it is.</summary>
    public bool TryWait(TimeSpan wait)
    {
        if (wait > longest - _waited)
        {
            return false;
        }

        _waited += wait;
        return true;
    }

    /// <summary>The wait begins.</summary>
    public void OnAsleep(DateTimeOffset until) => Volatile.Write(ref _waitsUntil, until.UtcTicks);

    /// <summary>The wait is over.</summary>
    public void OnAwake() => Volatile.Write(ref _waitsUntil, 0);
}
