using AiLib.Dataflow.Capacity.Limits;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>Moves the in-flight limit of one target to where an algorithm says it is, after each attempt.</summary>
/// <remarks>
/// <para>What is this: the one between a limit, which computes and has no lock, and a limiter, which enforces and decides nothing.</para>
/// <para>Threading: everything from anywhere. The lock is held for the algorithm's arithmetic and for setting the limit, so that limits are set in the order in which
/// they were computed. A limiter that has callers of its own in line would hand permits out under it; a lane's has none.</para>
/// </remarks>
internal sealed class AdaptiveControl(AdaptiveLimit limit, Backpressure limiter, Clock clock)
{
    private readonly Lock _sync = new();
    private readonly long _origin = clock.Now;

    /// <summary>The limit is never set higher. A lower one holds at once; attempts in flight are left alone.</summary>
    public int Max
    {
        get
        {
            lock (_sync)
            {
                return limit.Max;
            }
        }

        set
        {
            lock (_sync)
            {
                limit.Max = value;
                ApplyLocked();
            }
        }
    }

    /// <summary>Learns from an attempt that has ended.</summary>
    /// <param name="began">The timestamp at which it began.</param>
    /// <param name="ended">The timestamp at which it ended.</param>
    /// <param name="inFlight">How many were in flight when it began, itself included.</param>
    /// <param name="outcome">What it says about the target.</param>
    public void Observe(long began, long ended, int inFlight, PermitEnd outcome)
    {
        AttemptSample sample = new(clock.ToTimeSpan(began - _origin), clock.ToTimeSpan(ended - _origin), inFlight, outcome);
        lock (_sync)
        {
            limit.Observe(sample);
            ApplyLocked();
        }
    }

    private void ApplyLocked()
    {
        if (limiter.MaxInflight != limit.Current)
        {
            limiter.MaxInflight = limit.Current;
        }
    }
}
