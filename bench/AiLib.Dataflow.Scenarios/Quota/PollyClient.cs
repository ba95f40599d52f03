using AiLib.Dataflow.VirtualWorld;
using Polly;
using Polly.Retry;

namespace AiLib.Dataflow.Scenarios.Quota;

/// <summary>Polly's retries around a token bucket that is filled once a second, as the base library's is, with a fixed number in flight.</summary>
/// <remarks>
/// <para>The base library's own bucket reads the machine's clock and cannot live in virtual time. This one does what that does: <c>TokensPerPeriod</c> each second,
/// those who wait in line first. Requests and tokens are two of them.</para>
/// <para>Polly is told to honour what a 429 says. Where limits are unknown it has no bucket, and its retries are all it has.</para>
/// </remarks>
internal static class PollyClient
{
    private const int InFlight = 500;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>It, as a client.</summary>
    public static QuotaClient Client { get; } = new("Polly + token bucket", RunAsync);

    private static async Task RunAsync(QuotaTask task)
    {
        ResiliencePipeline<Reply> retries = new ResiliencePipelineBuilder<Reply> { TimeProvider = task.Time }
            .AddRetry(new RetryStrategyOptions<Reply>
            {
                MaxRetryAttempts = 10,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromSeconds(1),
                MaxDelay = TimeSpan.FromSeconds(30),
                UseJitter = true,
                Randomizer = new Random(1).NextDouble,
                ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome.Result.End != CallEnd.Answered),
                DelayGenerator = static arguments => ValueTask.FromResult(arguments.Outcome.Result.Wait),
            })
            .Build();
        PeriodicBucket requests = new(task.Known?.RequestsPerMinute, task);
        PeriodicBucket tokens = new(task.Known?.TokensPerMinute, task);
        int index = 0;
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => WorkAsync()));

        async Task WorkAsync()
        {
            while (task.Elapsed < task.Until)
            {
                Job job = task.Next(index++);
                ResilienceContext context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true);
                await retries.ExecuteOutcomeAsync(
                    async (_, state) =>
                    {
                        await requests.TakeAsync(1);
                        await tokens.TakeAsync(state.Estimate);
                        return task.Elapsed < task.Until
                            ? Outcome.FromResult(await task.Providers[0].CallAsync(state, CancellationToken.None))
                            : Outcome.FromResult(new Reply(CallEnd.Answered, null, default));
                    },
                    context,
                    job);
                ResilienceContextPool.Shared.Return(context);
            }
        }
    }

    /// <summary>A bucket of a minute's worth that gets a sixtieth of it each second.</summary>
    private sealed class PeriodicBucket(long? perMinute, QuotaTask task)
    {
        private readonly Queue<(long Credits, TaskCompletionSource Passed)> _line = new();
        private double _level = perMinute ?? 0;
        private TimeSpan _filledAt = task.Elapsed;
        private bool _isFilling;

        public Task TakeAsync(long credits)
        {
            if (perMinute is null)
            {
                return Task.CompletedTask;
            }

            Fill();
            if (_line.Count == 0 && _level >= credits)
            {
                _level -= credits;
                return Task.CompletedTask;
            }

            TaskCompletionSource passed = new();
            _line.Enqueue((credits, passed));
            if (!_isFilling)
            {
                _ = FillWhileNeededAsync();
            }

            return passed.Task;
        }

        private async Task FillWhileNeededAsync()
        {
            _isFilling = true;
            while (_line.Count > 0)
            {
                await Task.Delay(_filledAt + Period - task.Elapsed, task.Time);
                Fill();
            }

            _isFilling = false;
        }

        private void Fill()
        {
            for (; task.Elapsed >= _filledAt + Period; _filledAt += Period)
            {
                _level = Math.Min(perMinute!.Value, _level + (perMinute.Value / 60.0));
            }

            while (_line.TryPeek(out (long Credits, TaskCompletionSource Passed) first) && _level >= first.Credits)
            {
                _level -= first.Credits;
                _line.Dequeue();
                first.Passed.SetResult();
            }
        }
    }
}
