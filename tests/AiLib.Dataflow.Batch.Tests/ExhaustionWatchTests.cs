using AiLib.Dataflow.Batch.Running;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests;

public sealed class ExhaustionWatchTests
{
    [Theory]
    // a: answered, k: wrong key, q: no quota, b: bad request. W: write, H: hold back, S: stop.
    [InlineData("kkk", "HHS")]
    [InlineData("kqk", "HHS")]
    [InlineData("kkb", "HHW")]
    [InlineData("kkbkkk", "HHWHHS")]
    [InlineData("kkakkk", "HHWHHS")]
    [InlineData("aqqkqkk", "WHHHHHH")]
    [InlineData("aqkkk", "WHHHS")]
    [InlineData("bbbb", "WWWW")]
    [InlineData("aqqqqqqqqqqqqqqqqqqqq", "WHHHHHHHHHHHHHHHHHHHS")]
    public void A_row_of_refusals_by_key_or_quota_stops_the_job(string outcomes, string expected)
    {
        ExhaustionWatch watch = new();

        string verdicts = string.Concat(outcomes.Select(outcome => watch.Look(outcome == 'a', outcome switch
        {
            'k' => ProviderErrorCode.Authentication,
            'q' => ProviderErrorCode.QuotaExhausted,
            _ => ProviderErrorCode.InvalidRequest,
        }).ToString()[0]));

        Assert.Equal(expected, verdicts);
    }
}
