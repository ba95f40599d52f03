using AiLib.Dataflow.Simulator.Timing;
using Microsoft.AspNetCore.Http;

namespace AiLib.Dataflow.Simulator.Serving;

/// <summary>Waits for points in time after one arrival, until its client leaves or the server stops.</summary>
internal sealed class Pause(HttpContext context, SimulatorClock clock, CancellationToken stopping) : IDisposable
{
    private readonly long _arrived = clock.Now;
    private CancellationTokenSource? _ended;

    /// <summary>True when there is nothing to wait for.</summary>
    public bool IsDue(TimeSpan sinceArrival) => Left(sinceArrival) <= TimeSpan.Zero;

    /// <summary>Waits until this long after the arrival.</summary>
    /// <exception cref="OperationCanceledException">The client has left or the server stops.</exception>
    public async Task UntilAsync(TimeSpan sinceArrival)
    {
        // More than once at most by a hair: timers count milliseconds and may ring a fraction of one early.
        for (TimeSpan left = Left(sinceArrival); left > TimeSpan.Zero; left = Left(sinceArrival))
        {
            TimeSpan rounded = TimeSpan.FromMilliseconds(GoDuration.ToMillisecondsUp(left));
            await ForAsync(rounded).ConfigureAwait(Continuations.KeepContext);
        }
    }

    /// <summary>Waits for this long from now.</summary>
    /// <exception cref="OperationCanceledException">The client has left or the server stops.</exception>
    public Task ForAsync(TimeSpan duration)
    {
        // Made at the first real wait: a server without latency never pays for it.
        _ended ??= CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        return Task.Delay(duration, clock.Provider, _ended.Token);
    }

    /// <inheritdoc/>
    public void Dispose() => _ended?.Dispose();

    // The first look at the clock is spared where no latency is asked for.
    private TimeSpan Left(TimeSpan sinceArrival) =>
        sinceArrival <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromTicks(_arrived + sinceArrival.Ticks - clock.Now);
}
