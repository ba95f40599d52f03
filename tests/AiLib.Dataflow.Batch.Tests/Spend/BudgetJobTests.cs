using System.Text;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests.Spend;

/// <summary>A job with a budget stops before it costs more, uses it to the last request that fits, and goes on with more.</summary>
public sealed class BudgetJobTests : IDisposable
{
    // A thousandth of a dollar for a token.
    private static readonly TokenPrices Prices = new(1_000, 1_000);
    private static readonly decimal MostUsd = Prices.CostOf(Requests.Request("r1").TokensBy(Providers.Estimates.CheapTokenEstimator.Instance));

    private readonly TemporaryDirectory _directory = new();
    private readonly JobRun _run = new() { Answer = static _ => Answer(200) };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_stops_when_the_rest_does_not_fit_and_goes_on_with_more()
    {
        BatchJobResult first = await _run.RunAsync(Job(100, budget: 5));
        int firstCalls = _run.Calls.Count;
        BatchJobResult again = await _run.RunAsync(Job(100, budget: 5));
        int againCalls = _run.Calls.Count;
        BatchJobResult last = await _run.RunAsync(Job(100, budget: 22));

        // An answer costs 0.2, and a request is sent while 1.05 or so are left.
        Assert.Equal(BatchJobEnd.StoppedEarly, first.End);
        Assert.StartsWith("of the budget of $5 (--budget, over all runs) $", first.Reason, StringComparison.Ordinal);
        Assert.Equal(firstCalls * 0.2m, first.Counts.Spend!.Value.Usd);
        Assert.InRange(first.Counts.Spend.Value.Usd, 5 - MostUsd, 5);
        Assert.Equal((BatchJobEnd.StoppedEarly, 0), (again.End, againCalls));
        Assert.Equal((BatchJobEnd.Completed, 20m), (last.End, last.Counts.Spend!.Value.TotalUsd));
        Assert.Equal(100, JobRun.Ids(_directory["in.results.jsonl"]).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task What_is_in_flight_is_within_the_budget_whatever_it_costs_in_the_end()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _run.MaxInflight = JobRun.Slots;
        _run.Answer = static _ => Answer(1_000);
        _run.Before = _ => gate.Task;
        Task<BatchJobResult> running = _run.RunAsync(Job(100, budget: 5));
        while (_run.Calls.Count < (int)(5 / MostUsd))
        {
            await Task.Yield();
        }

        gate.SetResult();
        BatchJobResult result = await running;

        Assert.Equal(BatchJobEnd.StoppedEarly, result.End);
        Assert.InRange(result.Counts.Spend!.Value.Usd, 5 - MostUsd, 5);
    }

    [Fact]
    public async Task Attempts_that_time_out_are_paid_for_and_end_the_budget()
    {
        _run.Answer = static _ => Outcome<ProviderResponse>.Failed(OutcomeKind.TimedOut);

        BatchJobResult result = await _run.RunAsync(Job(100, budget: 5) with { StopAtFailureShare = null });

        Assert.Equal(BatchJobEnd.StoppedEarly, result.End);
        Assert.Equal((int)(5 / MostUsd), _run.Calls.Count);
        Assert.Equal(result.Counts.Spend!.Value.Usd, result.Counts.Spend.Value.EstimatedUsd);
    }

    [Fact]
    public void A_retry_that_there_is_no_money_for_is_not_made() => JobWorld.ForEach(5, world =>
    {
        // Each attempt may have to be paid for, and may cost some 1.04: there is money for one attempt at each, and nobody left to read who would find that out.
        world.MaxRetries = 5;
        QuotaTarget silent = world.Target();
        silent.Refuse = static () => Outcome<ProviderResponse>.Failed(OutcomeKind.TimedOut);
        BatchJobOptions job = world.Job(5) with { BudgetUsd = 5.5m, Prices = new Dictionary<string, TokenPrices>(StringComparer.Ordinal) { ["only"] = Prices } };

        BatchJobResult result = world.Run(job, silent);

        Assert.Equal(BatchJobEnd.StoppedEarly, result.End);
        Assert.StartsWith("of the budget of $5.5 (--budget, over all runs) $", result.Reason, StringComparison.Ordinal);
        Assert.Equal((5, 5 * MostUsd), (silent.Calls.Count, result.Counts.Spend!.Value.Usd));
    });

    [Fact]
    public async Task Failures_that_cost_nothing_give_back_what_was_set_aside()
    {
        _run.Answer = static _ => JobRun.Http(ProviderErrorCode.ServerError, 500);

        BatchJobResult result = await _run.RunAsync(Job(100, budget: 2) with { StopAtFailureShare = null });

        Assert.Equal((BatchJobEnd.Completed, 100L, 0m), (result.End, result.Counts.Failed, result.Counts.Spend!.Value.Usd));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_job_that_fits_ends_as_ever(bool ordered)
    {
        BatchJobResult result = await _run.RunAsync(Job(50, budget: 11.5m) with { Ordered = ordered });

        Assert.Equal((BatchJobEnd.Completed, 10m), (result.End, result.Counts.Spend!.Value.Usd));
    }

    [Fact]
    public async Task A_finished_job_is_finished_whatever_the_budget_is_now()
    {
        await _run.RunAsync(Job(10, budget: 100));

        Assert.Equal(BatchJobEnd.Completed, (await _run.RunAsync(Job(10, budget: 0.01m))).End);
    }

    [Fact]
    public async Task Told_to_stop_it_does_not_wait_for_money()
    {
        using CancellationTokenSource abort = new();
        TaskCompletionSource never = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _run.Before = _ => never.Task;
        Task<BatchJobResult> running = _run.RunAsync(Job(100, budget: 2), abort: abort.Token);
        while (_run.Calls.IsEmpty)
        {
            await Task.Yield();
        }

        await abort.CancelAsync();

        Assert.Equal(BatchJobEnd.Interrupted, (await running).End);
    }

    [Fact]
    public async Task A_target_without_a_price_is_refused_before_anything_is_sent()
    {
        BatchJobOptions job = Job(3, budget: 5) with { Prices = new Dictionary<string, TokenPrices>(StringComparer.Ordinal) { ["other"] = Prices } };

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => _run.RunAsync(job));

        Assert.Contains("played has none", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_run.Calls);
    }

    private static Outcome<ProviderResponse> Answer(long tokens) =>
        Outcome<ProviderResponse>.Answered(new ProviderResponse(200, Encoding.UTF8.GetBytes("{}"), "req_1", new TokenUsage(tokens, 0)));

    private BatchJobOptions Job(int requests, decimal budget) => new()
    {
        InputPath = _directory.Write("in.jsonl", Requests.Lines(requests)),
        BudgetUsd = budget,
        Prices = new Dictionary<string, TokenPrices>(StringComparer.Ordinal) { ["played"] = Prices },
    };
}
