using AiLib.Dataflow.Batch.Spend;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch;

/// <summary>Where the attempts of a run are accounted for: how many, and what they cost.</summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="calls">Says whether a further one may begin.</param>
/// <param name="meter">Adds up what they cost.</param>
internal sealed class AttemptAccount(CallBudget calls, SpendMeter meter)
{
    /// <summary>Whether it wants to know what came of an attempt.</summary>
    public bool CountsMoney => meter.HasPrices;

    /// <summary>Counts an attempt, if it may begin.</summary>
    public bool TryBegin() => calls.TryBegin();

    /// <summary>An attempt has ended.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="target">Who was asked.</param>
    /// <param name="outcome">What came of it; null when it was given up.</param>
    public void OnEnded(BatchRequest request, string target, Outcome<ProviderResponse>? outcome) => meter.OnAttempt(target, request, outcome);
}
