using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.EndToEnd.Tests;

public sealed class LearnedLimitTests
{
    private const int Count = 75;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_one_answer_a_limit_that_nobody_configured_is_kept(bool learns)
    {
        // Twenty a second, and thirty at once: the rest of the requests would be turned away if they all went at once.
        await using SimulatorServer server = await SimulatorServer.StartAsync(new SimulatorOptions { RequestsPerMinute = 1_200, Burst = TimeSpan.FromSeconds(1.5) });
        using ProviderEndpoint endpoint = new(new ProviderEndpointOptions { BaseAddress = server.BaseAddress, ProviderId = "openai" });
        await using RequestPipeline<ProviderRequest, ProviderResponse> pipeline = RequestPipeline.CreateBuilder<ProviderRequest, ProviderResponse>()
            .AddTarget("simulated", endpoint, target =>
            {
                target.Backpressure.MaxInflight = Count;
                target.Retry.MaxRetries = 0;
                target.CircuitBreaker.FailureThreshold = 0;
                target.RateLimiter.LearnsFromAnswers = learns;
            })
            .Build();
        ProviderRequest request = new("/v1/chat/completions", """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}"""u8.ToArray());

        await pipeline.SendAsync(request);
        long? remaining = pipeline.Signals.Snapshot().RateRemaining;
        await Task.WhenAll(Enumerable.Range(1, Count - 1).Select(_ => pipeline.TrySendAsync(request).AsTask()));

        // Without learning there is something to be learned, or this would test nothing.
        Assert.Equal(learns, remaining is not null);
        Assert.Equal(learns, server.Counts.RateLimited == 0);
        Assert.Equal(Count, server.Counts.Served + server.Counts.RateLimited);
    }
}
