using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Pools;

/// <summary>The settings of a pool. For one thread, until the pool is added.</summary>
public sealed record PoolOptions
{
    /// <summary>How a member is chosen. Default: <see cref="PoolChoice.LeastLoaded"/>.</summary>
    public PoolChoice Choice { get; set; } = PoolChoice.LeastLoaded;

    /// <summary>
    /// How long a member gets nothing more after its key was refused or its quota was used up (<see cref="OutcomeKind.Exhausted"/>) and the target named no time
    /// itself. Default: null, for as long as the pipeline runs.
    /// </summary>
    public TimeSpan? ParkFor { get; set; }

    /// <summary>What all members may do together, such as an organisation's limit over its keys; on top of each member's own. Default: no limit.</summary>
    public RateLimiterOptions SharedLimit { get; set; } = new();

    internal void Check(SettingsCheck check)
    {
        if (!Enum.IsDefined(Choice))
        {
            check.Add($"Choice is {(int)Choice}, which is none of {string.Join(", ", Enum.GetNames<PoolChoice>())}.");
        }

        if (ParkFor is { } time)
        {
            check.Range("ParkFor", time, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(365));
        }

        SharedLimit.Check(check);
    }
}
