using System.Runtime.CompilerServices;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.VirtualWorld;

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
            builder.AddTarget($"provider-{index + 1}", task.Providers[index].Endpoint, target => Configure(target, task));
        }

        using CancellationTokenSource over = new(task.Until - task.Elapsed, task.Time);
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
        target.RateLimiter.RequestHeadroom = 0;
        if (task.Known is { } known)
        {
            target.RateLimiter.RequestsPerMinute = known.RequestsPerMinute;
            target.RateLimiter.TokensPerMinute = known.TokensPerMinute;
            if ((known.RequestKind ?? known.Kind) == LimitKind.TokenBucket)
            {
                target.RateLimiter.BurstSize = known.RequestsPerMinute;
            }

            if (known.Kind != LimitKind.TokenBucket && !task.WholeMinuteAtOnce && known.TokensPerMinute is { } tokens)
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
}
