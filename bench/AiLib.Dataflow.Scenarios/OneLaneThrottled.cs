using AiLib.Dataflow.Scenarios.Reporting;
using Polly;
using Polly.Retry;

namespace AiLib.Dataflow.Scenarios;

/// <summary>One target, a fifth of the calls told to wait once. What it shows: a waiting retry must not hold a place in flight.</summary>
/// <remarks>
/// <code>
/// 400 requests ──► 16 in flight ──► 50 ms ──► 4 of 5 answered
///                      ▲                          │ 1 of 5: wait 1 s, then again
///                      └──────────────────────────┘
/// </code>
/// </remarks>
internal sealed class OneLaneThrottled : IScenario
{
    private const int Calls = 400;
    private const int InFlight = 16;
    private static readonly TimeSpan CallTime = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);

    // All first attempts take so many rounds; one of the last round is told to wait, and its second attempt takes one more call.
    private static readonly TimeSpan Best = (CallTime * Math.Ceiling((double)Calls / InFlight)) + Wait + CallTime;

    /// <inheritdoc/>
    public string Name => nameof(OneLaneThrottled);

    /// <inheritdoc/>
    public async Task<ScenarioReport> RunAsync(ScenarioOptions options) => new(Name, new ReportTable(
        "rivals",
        $"{Calls} requests, {InFlight} in flight, a fifth told to wait {Wait.TotalSeconds:0} s, best possible {Best.TotalSeconds:0.000} s",
        [
            await MeasureAsync("AiLib.Dataflow", PipelineAsync),
            await MeasureAsync("Parallel.ForEachAsync with a loop", ParallelAsync),
            await MeasureAsync("Parallel.ForEachAsync with Polly", PollyAsync),
        ]));

    private static async Task<ReportRow> MeasureAsync(string name, Func<Provider, Task<int>> run)
    {
        // Once for the compiler.
        await run(new Provider(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)));
        Provider provider = new(CallTime, Wait);
        long began = TimeProvider.System.GetTimestamp();
        int answered = await run(provider);
        TimeSpan took = TimeProvider.System.GetElapsedTime(began);
        if (answered != Calls || provider.Attempts != Calls + (Calls / 5) || provider.MostInFlight > InFlight)
        {
            throw new ScenarioFailedException($"{name}: {answered} answers, {provider.Attempts} attempts, {provider.MostInFlight} in flight.");
        }

        return new ReportRow(name, new Metric("seconds", took.TotalSeconds, "0.000"), new Metric("timesBest", took / Best));
    }

    private static async Task<int> PipelineAsync(Provider provider)
    {
        await using RequestPipeline<int, int> pipeline = RequestPipeline.CreateBuilder<int, int>()
            .AddTarget("provider", provider, target =>
            {
                target.Backpressure.MaxInflight = InFlight;
                target.RateLimiter.RequestsPerSecond = null;
            })
            .Build();
        int answered = 0;
        await foreach (Settled<int, int> settled in pipeline.RunAsync(Enumerable.Range(0, Calls).ToAsyncEnumerable()))
        {
            answered += settled.IsAnswered ? 1 : 0;
        }

        return answered;
    }

    private static async Task<int> ParallelAsync(Provider provider)
    {
        int answered = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, Calls), new ParallelOptions { MaxDegreeOfParallelism = InFlight }, async (request, cancellationToken) =>
        {
            for (int attempt = 1; (await provider.CallAsync(request, new AttemptContext("", attempt, Wait), cancellationToken)).RetryAfter is { } wait; attempt++)
            {
                await Task.Delay(wait, cancellationToken);
            }

            Interlocked.Increment(ref answered);
        });
        return answered;
    }

    private static async Task<int> PollyAsync(Provider provider)
    {
        ResiliencePipeline<Outcome<int>> polly = new ResiliencePipelineBuilder<Outcome<int>>()
            .AddRetry(new RetryStrategyOptions<Outcome<int>>
            {
                ShouldHandle = arguments => new ValueTask<bool>(!arguments.Outcome.Result.IsAnswered),
                DelayGenerator = arguments => new ValueTask<TimeSpan?>(arguments.Outcome.Result.RetryAfter),
            })
            .Build();
        int answered = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, Calls), new ParallelOptions { MaxDegreeOfParallelism = InFlight }, async (request, cancellationToken) =>
        {
            int attempt = 0;
            Outcome<int> outcome = await polly.ExecuteAsync(
                token => provider.CallAsync(request, new AttemptContext("", ++attempt, Wait), token), cancellationToken);
            Interlocked.Add(ref answered, outcome.IsAnswered ? 1 : 0);
        });
        return answered;
    }

    /// <summary>Takes its time, and tells every fifth request to wait the first time.</summary>
    private sealed class Provider(TimeSpan callTime, TimeSpan wait) : IEndpoint<int, int>
    {
        private readonly Lock _sync = new();
        private int _inFlight;

        public int Attempts { get; private set; }

        public int MostInFlight { get; private set; }

        public async ValueTask<Outcome<int>> CallAsync(int request, AttemptContext attempt, CancellationToken cancellationToken)
        {
            lock (_sync)
            {
                Attempts++;
                MostInFlight = Math.Max(MostInFlight, ++_inFlight);
            }

            try
            {
                await Task.Delay(callTime, cancellationToken);
            }
            finally
            {
                lock (_sync)
                {
                    _inFlight--;
                }
            }

            return request % 5 == 4 && attempt.Attempt == 1
                ? Outcome<int>.Failed(OutcomeKind.Throttled, retryAfter: wait)
                : Outcome<int>.Answered(request);
        }
    }
}
