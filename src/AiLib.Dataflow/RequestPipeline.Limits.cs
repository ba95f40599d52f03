namespace AiLib.Dataflow;

/// <summary>Limits that change while the pipeline runs.</summary>
public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>Changes the limits of a target, or those over all members of a pool, at once and for requests that wait as well. Attempts in flight are left alone.</summary>
    /// <param name="target">The id of the target, or the name of the pool, which has limits over time alone.</param>
    /// <param name="change">Is given what is configured, and changes it. Two who change the same target at once: the later one's limits count.</param>
    /// <exception cref="ArgumentException">There is no such target or pool; the message names the targets there are.</exception>
    /// <exception cref="ConfigurationException">A limit is out of range; nothing has changed.</exception>
    /// <remarks>How credits are carried over: <see cref="Capacity.RateLimiter.UpdateLimits"/>.</remarks>
    public void UpdateLimits(string target, Action<TargetLimits> change)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(target);
        ArgumentNullException.ThrowIfNull(change);
        if (_pools.Values.FirstOrDefault(pool => string.Equals(pool.Name, target, StringComparison.Ordinal)) is { } pool)
        {
            TargetLimits shared = pool.Limits;
            change(shared);
            pool.UpdateLimits(shared);
            return;
        }

        Lane lane = Array.Find(_lanes, lane => string.Equals(lane.Id, target, StringComparison.Ordinal))
            ?? throw new ArgumentException($"There is no target '{target}'; there are {string.Join(", ", _lanes.Select(lane => lane.Id))}.", nameof(target));
        TargetLimits limits = lane.Limits;
        change(limits);
        lane.UpdateLimits(limits);
    }
}
