using AiLib.Dataflow.Admission;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    private readonly PreflightStage<TRequest> _preflight;

    /// <summary>Gathers what a request wants from the request's own options and the pipeline's.</summary>
    private void Enter(
        TRequest request, in RequestOptions options, ITicketOwner<TRequest, TResponse> owner, long index, Unavailability usual, out Entry<TRequest, TResponse> entry)
    {
        entry.Request = request;
        entry.Cost = CostOf(request, options);
        entry.Owner = owner;
        entry.Index = index;

        // A deadline counts from the call on, what the user's own code below takes included; everything else from the moment after it.
        entry.Deadline = options.Deadline;
        entry.DeadlineAt = entry.Deadline is { } allowed ? _clock.After(_clock.Now, allowed) : Clock.Never;
        entry.Start = IndexOf(options.Target ?? _settings.Route?.Invoke(request));
        entry.WhenUnavailable = options.WhenUnavailable ?? usual;
        entry.RetryPriority = options.RetryPriority;
        entry.StaysOnTarget = options.StaysOnTarget;
        entry.Refusal = _preflight.Check(request, options, entry.Cost);
        entry.CheckedAt = _clock.Now;
    }

    /// <summary>What its caller says that a request costs, else what the pipeline makes of it; 0 where each target is asked.</summary>
    private TokenCost CostOf(TRequest request, in RequestOptions options)
    {
        long said = options.Cost;
        ArgumentOutOfRangeException.ThrowIfNegative(said, "options.Cost");
        if (said != 0)
        {
            return options.TokenCost;
        }

        if (_settings.Cost is { } cost)
        {
            return Math.Max(0, cost(request));
        }

        return _settings.TokenCost?.Invoke(request) is { Total: >= 0 } estimated ? estimated : default;
    }

    /// <summary>May it enter now, and at which lane does it start?</summary>
    private Lane ChooseStart(in Entry<TRequest, TResponse> entry, out Refusal? refusal)
    {
        int start = FirstLane(entry.Start);
        Lane lane = _lanes[start];
        if (_isStopping || entry.Refusal is not null)
        {
            refusal = _isStopping ? Stopping() : entry.Refusal;
            return lane;
        }

        RequestCost<TRequest> wanted = entry.Wanted;
        if (lane.Fits(wanted) && lane.UnavailableFor() == TimeSpan.Zero)
        {
            // Nearly always, so nothing is looked for.
            refusal = null;
            return lane;
        }

        int own = entry.Start >= 0 ? 1 : lane.Pool!.Size;
        refusal = _preflight.ChooseTarget(wanted, entry.StaysOnTarget ? own : _lanes.Length, entry.Deadline, entry.WhenUnavailable, ref start);
        return _lanes[start];
    }

    private void Reject(Refusal refusal)
    {
        _counters.Refused.Increment();
        Raise(_settings.OnRejected, new RejectionEvent(refusal));
    }

    private int IndexOf(string? target)
    {
        if (target is null)
        {
            return _lanes[0].Pool is null ? 0 : ~0;
        }

        foreach (Lane lane in _lanes)
        {
            if (string.Equals(lane.Id, target, StringComparison.Ordinal))
            {
                return lane.Index;
            }
        }

        // No closure: one that captures the argument would be made for every request, also for those that ask for nobody.
        foreach (Lane lane in _lanes)
        {
            if (string.Equals(lane.Pool?.Name, target, StringComparison.Ordinal))
            {
                return ~lane.Index;
            }
        }

        throw new ArgumentException($"There is no target '{target}'; there are: {string.Join(", ", _lanes.Select(lane => lane.Id))}.");
    }
}
