using System.Collections.Frozen;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Batch.Spend;

/// <summary>Adds up what the attempts of a run cost.</summary>
/// <remarks>
/// <para>What is known is counted as it is; what a provider may ask for without having said how much (an attempt that timed out, an answer without usage) by
/// its estimate; an error that came with a status, or a connection that never was, costs nothing.</para>
/// <para>Thread-safe.</para>
/// </remarks>
/// <param name="prices">By the name of the target.</param>
/// <param name="before">What earlier runs have spent, in USD.</param>
/// <param name="estimator">Says what an attempt may have taken whose usage nobody told.</param>
internal sealed class SpendMeter(IReadOnlyDictionary<string, TokenPrices> prices, decimal before, ITokenEstimator estimator)
{
    private readonly FrozenDictionary<string, TokenPrices> _prices = prices.ToFrozenDictionary(StringComparer.Ordinal);
    private readonly Lock _sync = new();

    // Guarded by _sync.
    private decimal _spent;
    private decimal _estimated;
    private long _unknown;

    /// <summary>Whether there is anything to add up.</summary>
    public bool HasPrices => _prices.Count > 0;

    /// <summary>What the line of an answer says of its cost; null when that is not known.</summary>
    public decimal? CostOf(in Settled<BatchRequest, ProviderResponse> settled) =>
        settled is { IsAnswered: true, Target: { } target, Outcome.Response.Usage: { } usage } && _prices.TryGetValue(target, out TokenPrices? price)
            ? price.CostOf(usage)
            : null;

    /// <summary>Adds what an attempt has cost.</summary>
    /// <param name="target">Who was asked.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="outcome">What came of it; null when it was given up.</param>
    /// <returns>USD.</returns>
    public decimal OnAttempt(string target, BatchRequest request, Outcome<ProviderResponse>? outcome)
    {
        TokenUsage? usage = outcome?.Response?.Usage;
        if (usage is null && !MayCost(outcome))
        {
            return 0;
        }

        bool hasPrice = _prices.TryGetValue(target, out TokenPrices? price);
        decimal cost = !hasPrice ? 0 : usage is { } used ? price!.CostOf(used) : price!.CostOf(request.TokensBy(estimator));
        lock (_sync)
        {
            _spent += cost;
            _estimated += usage is null ? cost : 0;
            _unknown += hasPrice ? 0 : 1;
        }

        return cost;
    }

    /// <summary>The sums now.</summary>
    public BatchSpend Read()
    {
        lock (_sync)
        {
            return new BatchSpend(Usd.Plain(_spent), Usd.Plain(before), Usd.Plain(_estimated), _unknown);
        }
    }

    private static bool MayCost(Outcome<ProviderResponse>? outcome)
    {
        if (outcome is not { IsAnswered: false } failed)
        {
            return true;
        }

        // Behind a status of success is an answer, though a damaged one.
        return FailureCode.ProviderErrorOf(failed) is { } error
            ? error.StatusCode is { } status ? status is >= 200 and <= 299 : error.WasSent
            : failed.Kind is OutcomeKind.TimedOut or OutcomeKind.Cancelled;
    }
}
