using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests;

/// <summary>A target that asks to be left alone for longer than is waited for: the line and the end of the run say which, for how long, and what to do.</summary>
public sealed class ExhaustionWordsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(ProviderErrorCode.RateLimited)]
    [InlineData(ProviderErrorCode.QuotaExhausted)]
    public async Task The_end_of_a_run_says_target_wait_and_what_to_do_and_no_request_is_written_off(ProviderErrorCode code)
    {
        JobRun run = new() { Answer = _ => JobRun.Http(code, 429) with { RetryAfter = TimeSpan.FromHours(10) } };
        DateTimeOffset before = DateTimeOffset.UtcNow;

        BatchJobResult result = await run.RunAsync(new BatchJobOptions { InputPath = _directory.Write("in.jsonl", Requests.Lines(1)) });

        Assert.Equal(BatchJobEnd.StoppedEarly, result.End);
        Assert.Contains("played", result.Reason, StringComparison.Ordinal);
        Assert.Empty(JobRun.Ids(_directory["in.errors.jsonl"]));
        ExhaustedTarget exhausted = Assert.Single(result.Exhausted);
        Assert.Equal(("played", TimeSpan.FromHours(10), 1L), (exhausted.Target, exhausted.Wait, exhausted.Requests));
        Assert.InRange(exhausted.Until, before.AddHours(10), DateTimeOffset.UtcNow.AddHours(10));
    }

    [Fact]
    public async Task A_run_that_a_limit_of_zero_stops_says_so()
    {
        JobRun run = new() { Answer = _ => JobRun.Http(ProviderErrorCode.QuotaExhausted, 429) with { CostLimit = CostLimit.Nothing } };

        BatchJobResult result = await run.RunAsync(new BatchJobOptions { InputPath = _directory.Write("in.jsonl", Requests.Lines(100)) });

        Assert.Equal(BatchJobEnd.StoppedEarly, result.End);
        Assert.StartsWith("played turns every request away: ", result.Reason, StringComparison.Ordinal);
        Assert.Contains("played allows nothing: it says that its limit is 0", result.Reason, StringComparison.Ordinal);
        Assert.InRange(run.Calls.Count, 1, run.MaxInflight);
        Assert.Empty(JobRun.Ids(_directory["in.errors.jsonl"]));
    }
}
