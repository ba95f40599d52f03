using System.Text;
using AiLib.Dataflow.Batch.Spend;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Batch.Tests.Spend;

/// <summary>What an attempt is taken to cost: what it says, nothing where nobody can ask for anything, and the most where somebody may.</summary>
public sealed class SpendMeterTests
{
    // A dollar for a token: costs are numbers of tokens.
    private static readonly Dictionary<string, TokenPrices> Prices = new(StringComparer.Ordinal) { ["t"] = new TokenPrices(1_000_000, 1_000_000) };
    private static readonly BatchRequest Request = Requests.Request("r1");

    public static TheoryData<string, Outcome<ProviderResponse>?, bool> Attempts => new()
    {
        { "an answer without usage", Answer(usage: null), true },
        { "given up on its way", null, true },
        { "timed out", Outcome<ProviderResponse>.Failed(OutcomeKind.TimedOut), true },
        { "a damaged answer", Failed(new ProviderException(ProviderErrorCode.ServerError, "half", 200)), true },
        { "the connection broke", Failed(new ProviderException(ProviderErrorCode.ServerError, "reset")), true },
        { "no connection", Failed(new ProviderException(ProviderErrorCode.ServerError, "refused") { WasSent = false }), false },
        { "too many", Failed(new ProviderException(ProviderErrorCode.RateLimited, "no", 429)), false },
        { "server error", Failed(new ProviderException(ProviderErrorCode.ServerError, "no", 500)), false },
        { "an endpoint's own failure", Outcome<ProviderResponse>.Failed(OutcomeKind.Failed), false },
    };

    [Theory]
    [MemberData(nameof(Attempts))]
    public void What_is_not_known_counts_by_its_estimate_where_it_may_have_to_be_paid(string what, Outcome<ProviderResponse>? outcome, bool mayCost)
    {
        SpendMeter meter = new(Prices, before: 7, CheapTokenEstimator.Instance);
        decimal most = mayCost ? Request.TokensBy(CheapTokenEstimator.Instance).Total : 0;

        decimal cost = meter.OnAttempt("t", Request, outcome);

        Assert.True(cost == most, what);
        Assert.Equal(new BatchSpend(most, 7, most, 0), meter.Read());
        Assert.Equal(7 + most, meter.Read().TotalUsd);
    }

    [Fact]
    public void What_is_known_counts_as_it_is_also_of_a_failure()
    {
        SpendMeter meter = new(Prices, before: 0, CheapTokenEstimator.Instance);

        meter.OnAttempt("t", Request, Answer(new TokenUsage(3, 4)));
        meter.OnAttempt("t", Request, Failed(new ProviderException(ProviderErrorCode.ServerError, "late", 200)) with { Response = new ProviderResponse(200, default, usage: new TokenUsage(1, 2)) });

        Assert.Equal(new BatchSpend(10, 0, 0, 0), meter.Read());
    }

    [Fact]
    public void Without_a_price_an_attempt_is_unknown_and_not_free()
    {
        SpendMeter meter = new(Prices, before: 0, CheapTokenEstimator.Instance);

        meter.OnAttempt("other", Request, Answer(new TokenUsage(3, 4)));
        meter.OnAttempt("other", Request, Failed(new ProviderException(ProviderErrorCode.RateLimited, "no", 429)));

        Assert.Equal(new BatchSpend(0, 0, 0, 1), meter.Read());
    }

    private static Outcome<ProviderResponse> Answer(TokenUsage? usage) =>
        Outcome<ProviderResponse>.Answered(new ProviderResponse(200, Encoding.UTF8.GetBytes("{}"), usage: usage));

    private static Outcome<ProviderResponse> Failed(ProviderException error) => Outcome<ProviderResponse>.Failed(error.Code.ToOutcomeKind(), error);
}
