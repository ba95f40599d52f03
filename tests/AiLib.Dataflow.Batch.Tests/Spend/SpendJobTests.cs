using System.Globalization;
using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests.Spend;

/// <summary>What a job has cost is in its lines, in its counts, and in the job file over all runs, whatever ends them.</summary>
public sealed class SpendJobTests : IDisposable
{
    // An answer takes 100 and 10 tokens: 0.000015 + 0.000006.
    private const decimal AnswerUsd = 0.000021m;

    private readonly TemporaryDirectory _directory = new();
    private readonly JobRun _run = new() { Answer = static _ => Answer(new TokenUsage(100, 10)) };

    private string Results => _directory["in.results.jsonl"];

    private string Record => _directory["in.results.jsonl.job"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Lines_counts_and_the_job_file_agree()
    {
        BatchJobResult result = await _run.RunAsync(Job(50));

        Assert.All(await File.ReadAllLinesAsync(Results), static line => Assert.Contains(",\"output_tokens\":10,\"cost_usd\":0.000021}", line, StringComparison.Ordinal));
        Assert.Equal(new BatchSpend(50 * AnswerUsd, 0, 0, 0), result.Counts.Spend);
        Assert.Equal((50 * AnswerUsd, 50 * AnswerUsd), Recorded());
    }

    [Fact]
    public async Task Without_a_price_nothing_is_said_of_money()
    {
        BatchJobResult result = await _run.RunAsync(Job(3) with { Prices = new Dictionary<string, TokenPrices>(StringComparer.Ordinal) });

        Assert.Null(result.Counts.Spend);
        Assert.DoesNotContain("usd", await File.ReadAllTextAsync(Results) + await File.ReadAllTextAsync(Record), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_finished_job_run_again_changes_no_byte_and_knows_what_it_cost()
    {
        await _run.RunAsync(Job(3));
        string before = await File.ReadAllTextAsync(Record);

        BatchJobResult again = await _run.RunAsync(Job(3));

        Assert.Equal(before, await File.ReadAllTextAsync(Record));
        Assert.Equal((0m, 3 * AnswerUsd), (again.Counts.Spend!.Value.Usd, again.Counts.Spend.Value.BeforeUsd));
    }

    [Fact]
    public async Task Runs_add_up()
    {
        for (int run = 0; run < 5; run++)
        {
            await _run.RunAsync(Job(50) with { MaxCalls = 10 });
        }

        BatchPlan plan = await BatchJob.PlanAsync(Job(50));

        Assert.Equal((50 * AnswerUsd, 50 * AnswerUsd), Recorded());
        Assert.Equal(50 * AnswerUsd, plan.SpentBeforeUsd);
    }

    [Fact]
    public async Task What_a_killed_run_spent_is_found_in_its_lines()
    {
        await _run.RunAsync(Job(10));
        string record = await File.ReadAllTextAsync(Record);
        await _run.RunAsync(Job(20) with { AcceptChanges = true });

        // As if the second run had been killed before it could say what it spent.
        await File.WriteAllTextAsync(Record, record.Replace("completed", "running", StringComparison.Ordinal));
        BatchJobResult result = await _run.RunAsync(Job(20) with { AcceptChanges = true });

        Assert.Equal(20 * AnswerUsd, result.Counts.Spend!.Value.BeforeUsd);
        Assert.Equal((20 * AnswerUsd, 20 * AnswerUsd), Recorded());
    }

    [Fact]
    public async Task Answers_that_were_cut_off_as_damaged_have_been_paid_for()
    {
        await _run.RunAsync(Job(10));
        string[] lines = await File.ReadAllLinesAsync(Results);
        await File.WriteAllTextAsync(Results, string.Concat(lines.Take(6).Select(line => line + "\n")) + lines[7][..^20]);

        BatchJobResult result = await _run.RunAsync(Job(10));

        Assert.Equal(4, _run.Calls.Count);
        Assert.Equal(14 * AnswerUsd, result.Counts.Spend!.Value.TotalUsd);
        Assert.Equal((14 * AnswerUsd, 10 * AnswerUsd), Recorded());
    }

    [Fact]
    public async Task Attempts_without_a_line_are_in_the_job_file_and_stay_there()
    {
        _run.Answer = static _ => Outcome<ProviderResponse>.Failed(OutcomeKind.TimedOut);
        BatchJobResult failed = await _run.RunAsync(Job(4));
        _run.Answer = static _ => Answer(new TokenUsage(100, 10));

        BatchJobResult retried = await _run.RunAsync(Job(4) with { RetryErrors = true });

        decimal estimated = failed.Counts.Spend!.Value.EstimatedUsd;
        Assert.True(estimated > 4 * 1_024 * 0.60m / 1_000_000);
        Assert.Equal(estimated, retried.Counts.Spend!.Value.BeforeUsd);
        Assert.Equal((estimated + (4 * AnswerUsd), 4 * AnswerUsd), Recorded());
    }

    [Fact]
    public async Task Copies_of_an_answer_cost_nothing()
    {
        string twice = Requests.Line("r1") + "\n" + Requests.Line("r1").Replace("\"custom_id\":\"r1\"", "\"custom_id\":\"r2\"", StringComparison.Ordinal) + "\n";

        BatchJobResult result = await _run.RunAsync(Job(1) with { InputPath = _directory.Write("in.jsonl", twice), Dedupe = true });

        Assert.Equal((2L, AnswerUsd), (result.Counts.Answered, result.Counts.Spend!.Value.Usd));
        Assert.Equal((AnswerUsd, AnswerUsd), Recorded());
    }

    [Fact]
    public async Task A_fresh_start_begins_at_nothing()
    {
        await _run.RunAsync(Job(3));

        BatchJobResult fresh = await _run.RunAsync(Job(3) with { Fresh = true });

        Assert.Equal(0, fresh.Counts.Spend!.Value.BeforeUsd);
        Assert.Equal((3 * AnswerUsd, 3 * AnswerUsd), Recorded());
    }

    [Fact]
    public async Task A_plan_says_what_is_to_be_priced()
    {
        BatchPlan plan = await BatchJob.PlanAsync(Job(7));

        Assert.Equal(7 * Requests.Request("r1").TokensBy(Providers.Estimates.CheapTokenEstimator.Instance).Input, plan.Estimate.Input);
        Assert.Equal(7 * 1_024, plan.Estimate.Output);
        Assert.Equal(plan.EstimatedTokens, plan.Estimate.Total);
    }

    [Theory]
    [InlineData("""{"id":"batch_req_0","custom_id":"a,\"cost_usd\":5","ailib":{"target":",\"cost_usd\":6","attempts":1,"cost_usd":0.25},"response":{"body":{"a":1,"cost_usd":7}}}""", "0.25")]
    [InlineData("""{"id":"batch_req_0","custom_id":"a","ailib":{"attempts":1},"response":{"body":{"a":1,"cost_usd":7}}}""", "0")]
    [InlineData("""{"id":"batch_req_0","custom_id":"a","ailib":{"attempts":1,"cost_usd":0.000000000001},"response":{}}""", "0.000000000001")]
    [InlineData("""{"id":"batch_req_0","custom_id":"a"}""", "0")]
    public void The_cost_of_a_line_is_found_and_nothing_else_is_taken_for_it(string line, string cost) =>
        Assert.Equal(decimal.Parse(cost, CultureInfo.InvariantCulture), RecoveredLine.CostOf(Encoding.UTF8.GetBytes(line)));

    private static Outcome<ProviderResponse> Answer(TokenUsage usage) =>
        Outcome<ProviderResponse>.Answered(new ProviderResponse(200, Encoding.UTF8.GetBytes("{}"), "req_1", usage));

    private BatchJobOptions Job(int requests) => new()
    {
        InputPath = _directory.Write("in.jsonl", Requests.Lines(requests)),
        Prices = new Dictionary<string, TokenPrices>(StringComparer.Ordinal) { ["played"] = new TokenPrices(0.15m, 0.60m) },
    };

    private (decimal Spent, decimal InResults) Recorded()
    {
        using JsonDocument record = JsonDocument.Parse(File.ReadAllText(Record));
        return (record.RootElement.GetProperty("spent_usd").GetDecimal(), record.RootElement.GetProperty("spent_in_results_usd").GetDecimal());
    }
}
