using System.Runtime.CompilerServices;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.Scenarios.Quota;

/// <summary>The pipeline: a stream through its targets.</summary>
internal static class PipelineClient
{
    // As many as the loop has that it is compared with; more than any of these quotas needs.
    private const int InFlight = 500;

    /// <summary>It, as a client.</summary>
    public static QuotaClient Client { get; } = new("AiLib.Dataflow", RunAsync);

    private static async Task RunAsync(QuotaTask task)
    {
        RequestPipelineBuilder<Job, int> builder = RequestPipeline.CreateBuilder<Job, int>()
            .UseTimeProvider(task.Time)
            .Configure(static options => options.Seed = 1);
        for (int index = 0; index < task.Providers.Count; index++)
        {
            builder.AddTarget($"provider-{index + 1}", new Endpoint(task.Providers[index]), target => Configure(target, task));
        }

        using CancellationTokenSource over = new(task.Until - task.Time.Elapsed, task.Time);
        await using RequestPipeline<Job, int> pipeline = builder.Build();
        try
        {
            await foreach (Settled<Job, int> _ in pipeline.RunAsync(JobsAsync(task), cancellationToken: over.Token))
            {
                // What counts is what the providers saw.
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The time is up.
        }
    }

    private static void Configure(TargetOptions target, QuotaTask task)
    {
        // As ailib run: a batch job waits for as long as it takes.
        target.Retry.MaxRetries = 10;
        target.Backpressure.MaxInflight = InFlight;
        target.RateLimiter.Headroom = 0.005;
        if (task.Known is { } known)
        {
            target.RateLimiter.RequestsPerMinute = known.RequestsPerMinute;
            target.RateLimiter.TokensPerMinute = known.TokensPerMinute;
            if (known.Kind == LimitKind.TokenBucket)
            {
                target.RateLimiter.BurstSize = known.RequestsPerMinute;
            }
            else if (known.TokensPerMinute is { } tokens)
            {
                // A window that is full at the beginning would be overdrawn by what flows in meanwhile.
                target.RateLimiter.TokenBurst = Math.Max(tokens / 60, task.LargestCost);
            }
        }

        task.Configure?.Invoke(target);
    }

    private static async IAsyncEnumerable<Job> JobsAsync(QuotaTask task, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        for (int index = 0; !cancellationToken.IsCancellationRequested; index++)
        {
            yield return task.Next(index);
        }
    }

    /// <summary>A target that knows what jobs cost as the product's do: by an estimate that its answers correct.</summary>
    private sealed class Endpoint(VirtualProvider provider) : IEndpoint<Job, int>, ICostEstimator<Job, int>
    {
        private readonly TargetCosts _costs = new(QuotaCounting.AsUsed);

        public TokenCost Expect(Job request) => _costs.Expect(EstimateOf(request));

        public TokenCost ExpectAtLeast(Job request) => _costs.ExpectAtLeast(EstimateOf(request));

        public TokenCost? Settle(Job request, in Outcome<int> answer) => _costs.Settle(EstimateOf(request), new TokenUsage(request.Tokens, OutputTokens: 0));

        public async ValueTask<Outcome<int>> CallAsync(Job request, AttemptContext attempt, CancellationToken cancellationToken)
        {
            Reply reply = await provider.CallAsync(request, cancellationToken);
            Outcome<int> outcome = reply.End switch
            {
                CallEnd.Answered => Outcome<int>.Answered(request.Index, request.Tokens),
                CallEnd.Refused => Outcome<int>.Failed(OutcomeKind.Throttled, retryAfter: reply.Wait) with { Cost = 0 },
                _ => Outcome<int>.Failed(OutcomeKind.Failed),
            };
            return reply.Readings.IsEmpty ? outcome : outcome with { Readings = reply.Readings };
        }

        private static TokenEstimate EstimateOf(Job job) => new(job.Estimate, Output: 0);
    }
}
