using AiLib.Dataflow.Rivals;

namespace AiLib.Dataflow.Scenarios.Targets;

/// <summary>Answers after 10, 15, 20, 25 or 30 ms, in turn, and counts.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class LatencyProvider : IProvider
{
    private long _busy;
    private int _inFlight;
    private int _mostInFlight;

    /// <summary>The mean latency.</summary>
    public static TimeSpan Mean { get; } = TimeSpan.FromMilliseconds(20);

    /// <inheritdoc/>
    public bool Yields => true;

    /// <summary>The time that calls really took, all together.</summary>
    public TimeSpan Busy => new(Volatile.Read(ref _busy));

    /// <summary>The most calls there were at once.</summary>
    public int MostInFlight => Volatile.Read(ref _mostInFlight);

    /// <summary>Begins to count anew.</summary>
    public void Reset()
    {
        _busy = 0;
        _mostInFlight = 0;
    }

    /// <inheritdoc/>
    public async ValueTask<int> AnswerAsync(int request, CancellationToken cancellationToken = default)
    {
        long began = TimeProvider.System.GetTimestamp();
        InterlockedMax(ref _mostInFlight, Interlocked.Increment(ref _inFlight));
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10 + (5 * (request % 5))), cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
            Interlocked.Add(ref _busy, TimeProvider.System.GetElapsedTime(began).Ticks);
        }

        return Answers.For(request);
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<int>> CallAsync(int request, AttemptContext attempt, CancellationToken cancellationToken) =>
        Outcome<int>.Answered(await AnswerAsync(request, cancellationToken));

    private static void InterlockedMax(ref int most, int value)
    {
        int seen = Volatile.Read(ref most);
        while (value > seen)
        {
            int before = Interlocked.CompareExchange(ref most, value, seen);
            seen = before == seen ? value : before;
        }
    }
}
