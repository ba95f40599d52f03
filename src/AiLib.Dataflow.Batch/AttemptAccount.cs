using AiLib.Dataflow.Batch.Running;
using AiLib.Dataflow.Batch.Spend;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch;

/// <summary>Where the requests of a run and their attempts are accounted for: how many, and what they cost.</summary>
/// <remarks>Thread-safe; one request at a time is admitted.</remarks>
/// <param name="calls">Says whether a further one may begin.</param>
/// <param name="meter">Adds up what they cost.</param>
/// <param name="budget">What they may cost; null for as much as they do.</param>
/// <param name="stop">Told when there is no money for a further attempt.</param>
internal sealed class AttemptAccount(CallBudget calls, SpendMeter meter, SpendBudget? budget, JobStop stop)
{
    /// <summary>Whether it wants to know what came of an attempt.</summary>
    public bool CountsMoney => meter.HasPrices;

    /// <summary>
    /// Takes a request that is to be sent, and sets aside what it may cost, when there is money for it or will be. When it does not fit even with nothing in flight, the budget is used up, and the run stops.
    /// </summary>
    /// <returns>Whether it may be sent.</returns>
    /// <exception cref="OperationCanceledException">The wait for money was called off.</exception>
    public async ValueTask<bool> TryAdmitAsync(BatchRequest request, CancellationToken cancellationToken)
    {
        request.Account = this;
        if (budget is null || await budget.ReserveAsync(request, cancellationToken).ConfigureAwait(Continuations.KeepContext))
        {
            return true;
        }

        stop.StopBecause(budget.Refusal(request));
        return false;
    }

    /// <summary>Counts an attempt, if it may begin.</summary>
    public bool TryBegin(BatchRequest request)
    {
        if (!calls.TryBegin())
        {
            return false;
        }

        if (budget?.TryReserve(request) == false)
        {
            stop.StopBecause(budget.Refusal(request));
            return false;
        }

        return true;
    }

    /// <summary>An attempt has ended.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="target">Who was asked.</param>
    /// <param name="outcome">What came of it; null when it was given up.</param>
    public void OnEnded(BatchRequest request, string target, Outcome<ProviderResponse>? outcome)
    {
        if (outcome is { IsAnswered: true, Response.Usage: { } usage })
        {
            budget?.Learn(target, request, usage);
        }

        // One that has cost nothing leaves what was set aside to the next.
        if (meter.OnAttempt(target, request, outcome) is > 0 and var cost)
        {
            budget?.Charge(request, cost);
        }
    }

    /// <summary>A request has come to its end, or waits outside of the pipeline; what is still set aside for it is free.</summary>
    public void OnSettled(BatchRequest request) => budget?.Release(request);
}
