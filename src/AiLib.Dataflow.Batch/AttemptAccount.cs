using AiLib.Dataflow.Batch.Spend;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch;

/// <summary>Where the attempts of a run are accounted for: how many, and what they cost.</summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="calls">Says whether a further one may begin.</param>
/// <param name="meter">Adds up what they cost.</param>
/// <param name="budget">What they may cost; null for as much as they do.</param>
/// <param name="ending">Told when there is no money for a further attempt.</param>
internal sealed class AttemptAccount(CallBudget calls, SpendMeter meter, SpendBudget? budget, JobStop ending)
{
    /// <summary>Whether it wants to know what came of an attempt.</summary>
    public bool CountsMoney => meter.HasPrices;

    /// <summary>Counts an attempt, if it may begin.</summary>
    public bool TryBegin(BatchRequest request)
    {
        if (!calls.TryBegin())
        {
            return false;
        }

        if (budget?.TryReserve(request) == false)
        {
            ending.StopBecause(budget.Refusal(request));
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
}
