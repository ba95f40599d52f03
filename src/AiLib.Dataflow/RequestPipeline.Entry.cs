using AiLib.Dataflow.Admission;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    private readonly PreflightStage<TRequest> _preflight;

    /// <summary>Gathers what a request wants from the request's own options and the pipeline's.</summary>
    private Entry<TRequest, TResponse> Enter(TRequest request, RequestOptions options, ITicketOwner<TRequest, TResponse> owner, long index, Unavailability usual)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Cost, "options.Cost");
        if (options.Cost == 0)
        {
            if (_settings.Cost is { } cost)
            {
                options = options with { Cost = Math.Max(0, cost(request)) };
            }
            else if (_settings.TokenCost is { } tokenCost)
            {
                TokenCost estimated = tokenCost(request);
                options = options with { TokenCost = estimated.Total < 0 ? default : estimated };
            }
        }

        // A deadline counts from the call on, what the user's own code below takes included; everything else from the moment after it.
        long deadline = options.Deadline is { } allowed ? _clock.After(_clock.Now, allowed) : Clock.Never;
        string? wanted = options.Target ?? _settings.Route?.Invoke(request);
        Refusal? refusal = _preflight.Check(request, options);
        return new Entry<TRequest, TResponse>(request, options, owner, index, _clock.Now, deadline, options.WhenUnavailable ?? usual, IndexOf(wanted), refusal);
    }

    /// <summary>May it enter now, and at which lane does it start?</summary>
    private Lane ChooseStart(in Entry<TRequest, TResponse> entry, out Refusal? refusal)
    {
        int start = FirstLane(entry.Start);
        int own = entry.Start >= 0 ? 1 : _lanes[start].Pool!.Size;
        refusal = _isStopping ? Stopping() : entry.Refusal ?? _preflight.ChooseTarget(entry.Request, entry.Options, ref start, entry.WhenUnavailable, own);
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
