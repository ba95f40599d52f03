using AiLib.Dataflow.Rivals;
using AiLib.Dataflow.Scenarios.Reporting;
using AiLib.Dataflow.Scenarios.Targets;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace AiLib.Dataflow.Scenarios;

/// <summary>Three targets in fallback order; the first one dies. What it shows: what a dead primary costs before everyone has learnt it.</summary>
/// <remarks>
/// <code>
/// requests ──► 32 in flight ──► primary ── dies after a third, then fails at once
///                                  │
///                                  ├──► second ──► 10 ms
///                                  └──► third
/// </code>
/// <para>All who retry do so twice, after about 100 and 200 ms, and break under the pipeline's rules as far as they have them. Polly's breaker knows only
/// shares within a window, and a long healthy past keeps the share low; so it is run with the pipeline's window and with a short one.</para>
/// </remarks>
internal sealed class ThreeLanesPrimaryDies : IScenario
{
    private const int InFlight = 32;
    private const int Retries = 2;
    private static readonly TimeSpan CallTime = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public string Name => nameof(ThreeLanesPrimaryDies);

    /// <inheritdoc/>
    public async Task<ScenarioReport> RunAsync(ScenarioOptions options)
    {
        int requests = options.Quick ? 6_000 : 24_000;
        TimeSpan best = CallTime * requests / InFlight;
        return new ScenarioReport(Name, new ReportTable(
            "rivals",
            $"{requests} requests, {InFlight} in flight, primary dead after {requests / 3}, best possible {best.TotalSeconds:0.000} s",
            [
                await MeasureAsync(RivalNames.Pipeline, requests, best, PipelineAsync),
                await MeasureAsync("Polly, window 1 s", requests, best, (targets, count) => PollyAsync(targets, count, TimeSpan.FromSeconds(1))),
                await MeasureAsync("Polly, window 30 s", requests, best, (targets, count) => PollyAsync(targets, count, TimeSpan.FromSeconds(30))),
                await MeasureAsync("a loop over the targets, no breaker", requests, best, LoopAsync),
            ]));
    }

    private static async Task<ReportRow> MeasureAsync(string name, int requests, TimeSpan best, Func<MortalTarget[], int, Task<long>> run)
    {
        MortalTarget[] targets = [new(CallTime, requests / 3), new(CallTime, int.MaxValue), new(CallTime, int.MaxValue)];
        long began = TimeProvider.System.GetTimestamp();
        long sum = await run(targets, requests);
        TimeSpan took = TimeProvider.System.GetElapsedTime(began);
        if (sum != Answers.SumOf(requests))
        {
            throw new ScenarioFailedException($"{name}: the answers sum up to {sum} instead of {Answers.SumOf(requests)}.");
        }

        return new ReportRow(
            name,
            new Metric("seconds", took.TotalSeconds, "0.000"),
            new Metric("timesBest", took / best),
            new Metric("attempts", targets.Sum(static target => target.Attempts), "0"),
            new Metric("wastedAttempts", targets[0].Wasted, "0"));
    }

    private static async Task<long> PipelineAsync(MortalTarget[] targets, int requests)
    {
        await using RequestPipeline<int, int> pipeline = RequestPipeline.CreateBuilder<int, int>()
            .AddTarget("primary", targets[0], Configure)
            .AddTarget("second", targets[1], Configure)
            .AddTarget("third", targets[2], Configure)
            .Build();
        long sum = 0;
        await foreach (Settled<int, int> settled in pipeline.RunAsync(Enumerable.Range(0, requests).ToAsyncEnumerable()))
        {
            sum += settled.IsAnswered ? settled.Outcome.Response : 0;
        }

        return sum;

        static void Configure(TargetOptions target)
        {
            target.Backpressure.MaxInflight = InFlight;
            target.Retry.MaxRetries = Retries;
            target.Retry.InitialDelay = FirstWait;
        }
    }

    private static Task<long> PollyAsync(MortalTarget[] targets, int requests, TimeSpan window)
    {
        ResiliencePipeline<int>[] policies = [.. targets.Select(_ => new ResiliencePipelineBuilder<int>()
            .AddRetry(new RetryStrategyOptions<int>
            {
                // A circuit that is open is no reason to wait for it where another target can answer.
                ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome.Exception is TargetDownException),
                MaxRetryAttempts = Retries,
                Delay = FirstWait,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<int>
            {
                FailureRatio = 0.5,
                MinimumThroughput = 20,
                SamplingDuration = window,
                BreakDuration = TimeSpan.FromSeconds(30),
            })
            .Build())];

        return InParallelAsync(requests, async (request, cancellationToken) =>
        {
            for (int target = 0; ; target++)
            {
                try
                {
                    return await policies[target].ExecuteAsync(
                        static (state, token) => state.Target.AnswerAsync(state.Request, token), (Target: targets[target], Request: request), cancellationToken);
                }
                catch (Exception error) when (target < targets.Length - 1 && error is TargetDownException or BrokenCircuitException)
                {
                    // The next target.
                }
            }
        });
    }

    private static Task<long> LoopAsync(MortalTarget[] targets, int requests) => InParallelAsync(requests, async (request, cancellationToken) =>
    {
        for (int target = 0; ; target++)
        {
            try
            {
                return await targets[target].AnswerAsync(request, cancellationToken);
            }
            catch (TargetDownException) when (target < targets.Length - 1)
            {
                // The next target.
            }
        }
    });

    private static async Task<long> InParallelAsync(int requests, Func<int, CancellationToken, ValueTask<int>> answer)
    {
        long sum = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, requests),
            new ParallelOptions { MaxDegreeOfParallelism = InFlight },
            async (request, cancellationToken) => Interlocked.Add(ref sum, await answer(request, cancellationToken)));
        return sum;
    }
}
