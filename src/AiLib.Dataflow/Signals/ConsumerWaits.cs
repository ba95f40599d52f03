using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Signals;

/// <summary>For how long the sources of streams have waited until their consumers had taken what there was.</summary>
/// <remarks>Thread-safe. Of several sources that wait at once the one that began first is seen before it ends; what they add at their ends is a sum.</remarks>
internal sealed class ConsumerWaits
{
    private long _total;
    private long _since = Clock.Never;

    /// <summary>A source begins to wait.</summary>
    /// <param name="now">Then.</param>
    public void Begin(long now) => Interlocked.CompareExchange(ref _since, now, Clock.Never);

    /// <summary>It goes on.</summary>
    /// <param name="began">When it began to wait.</param>
    /// <param name="now">Now.</param>
    public void End(long began, long now)
    {
        Interlocked.CompareExchange(ref _since, Clock.Never, began);
        Interlocked.Add(ref _total, Math.Max(0, now - began));
    }

    /// <summary>The sum of the waits, with the one that is under way.</summary>
    public long Read(long now)
    {
        long since = Volatile.Read(ref _since);
        return Volatile.Read(ref _total) + (since == Clock.Never ? 0 : Math.Max(0, now - since));
    }
}
