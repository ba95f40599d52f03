using System.Runtime.CompilerServices;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Signals;

/// <summary>Observes a pipeline. Nobody in it waits for an observer.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class PipelineSignals
{
    private readonly Func<SignalsSnapshot> _take;
    private readonly TimeProvider _timeProvider;

    internal PipelineSignals(Func<SignalsSnapshot> take, TimeProvider timeProvider)
    {
        _take = take;
        _timeProvider = timeProvider;
    }

    /// <summary>The state now.</summary>
    public SignalsSnapshot Snapshot() => _take();

    /// <summary>The state now and then after each interval, until the enumeration is cancelled or left.</summary>
    /// <param name="interval">The time between two snapshots; at least 1 ms. One that nobody takes in time is skipped, not queued.</param>
    /// <param name="cancellationToken">Ends the enumeration, without an error.</param>
    public async IAsyncEnumerable<SignalsSnapshot> SampleAsync(TimeSpan interval, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.FromMilliseconds(1));
        using PeriodicTimer timer = new(interval, _timeProvider);
        using CancellationTokenRegistration stop = cancellationToken.UnsafeRegister(static timer => ((PeriodicTimer)timer!).Dispose(), timer);
        do
        {
            yield return Snapshot();
        }
        while (await timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(Continuations.KeepContext));
    }
}
