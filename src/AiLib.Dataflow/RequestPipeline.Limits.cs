namespace AiLib.Dataflow;

/// <summary>Limits that change while the pipeline runs.</summary>
public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>Changes the limits of a target, at once and for requests that wait as well. Attempts in flight are left alone.</summary>
    /// <param name="target">The id of the target.</param>
    /// <param name="change">Is given what is configured, and changes it. Two who change the same target at once: the later one's limits count.</param>
    /// <exception cref="ArgumentException">There is no such target; the message names those there are.</exception>
    /// <exception cref="ConfigurationException">A limit is out of range; nothing has changed.</exception>
    /// <remarks>How credits are carried over: <see cref="Capacity.RateLimiter.UpdateLimits"/>.</remarks>
    public void UpdateLimits(string target, Action<TargetLimits> change)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(target);
        ArgumentNullException.ThrowIfNull(change);
        Lane lane = Array.Find(_lanes, lane => string.Equals(lane.Id, target, StringComparison.Ordinal))
            ?? throw new ArgumentException($"There is no target '{target}'; there are {string.Join(", ", _lanes.Select(lane => lane.Id))}.", nameof(target));
        TargetLimits limits = lane.Limits;
        change(limits);
        lane.UpdateLimits(limits);
    }
}
