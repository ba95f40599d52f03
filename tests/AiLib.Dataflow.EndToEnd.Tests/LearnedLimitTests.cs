using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Simulator;
using Microsoft.Extensions.Time.Testing;

namespace AiLib.Dataflow.EndToEnd.Tests;

public sealed class LearnedLimitTests
{
    private const int Count = 75;

    // Between two of the requests that a limit of 1,200 a minute lets through.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Of both sides: on the machine's clock, what a busy machine holds up arrives together.
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_one_answer_a_limit_that_nobody_configured_is_kept(bool learns)
    {
        // Twenty a second, and thirty at once: the rest of the requests would be turned away if they all went at once.
        await using SimulatorServer server = await SimulatorServer.StartAsync(new SimulatorOptions { RequestsPerMinute = 1_200, Burst = TimeSpan.FromSeconds(1.5) }, _time);
        using ProviderEndpoint endpoint = new(new ProviderEndpointOptions { BaseAddress = server.BaseAddress, ProviderId = "openai" });
        await using RequestPipeline<ProviderRequest, ProviderResponse> pipeline = RequestPipeline.CreateBuilder<ProviderRequest, ProviderResponse>()
            .UseTimeProvider(_time)
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
        await PassUntilAsync(Task.WhenAll(Enumerable.Range(1, Count - 1).Select(_ => pipeline.TrySendAsync(request).AsTask())), pipeline);

        // Without learning there is something to be learned, or this would test nothing.
        Assert.Equal(learns, remaining is not null);
        Assert.Equal(learns, server.Counts.RateLimited == 0);
        Assert.Equal(Count, server.Counts.Served + server.Counts.RateLimited);
    }

    [Fact]
    public async Task Input_and_output_tokens_are_learned_apart_from_what_Anthropic_tells()
    {
        await using SimulatorServer server = await SimulatorServer.StartAsync(new SimulatorOptions { InputTokensPerMinute = 40_000, OutputTokensPerMinute = 8_000 });
        using ProviderEndpoint endpoint = new(new ProviderEndpointOptions { BaseAddress = server.BaseAddress, ProviderId = "anthropic", Dialect = Dialect.Anthropic });
        await using RequestPipeline<ProviderRequest, ProviderResponse> pipeline = RequestPipeline.CreateBuilder<ProviderRequest, ProviderResponse>()
            .AddTarget("simulated", endpoint)
            .Build();

        await pipeline.SendAsync(new ProviderRequest("/v1/messages", """{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}"""u8.ToArray()));

        Assert.Equal((40_000L, 8_000L, null), (pipeline.Signals.Snapshot().Targets[0].InputTokensRemaining, pipeline.Signals.Snapshot().Targets[0].OutputTokensRemaining, pipeline.Signals.Snapshot().Targets[0].TokensRemaining));
    }

    [Fact]
    public async Task A_day_s_limit_is_learned_and_a_short_job_waits_for_nothing()
    {
        // Spread evenly, ten of a thousand a day would take a quarter of an hour.
        await using SimulatorServer server = await SimulatorServer.StartAsync(new SimulatorOptions { RequestsPerDay = 1_000 });
        using ProviderEndpoint endpoint = new(new ProviderEndpointOptions { BaseAddress = server.BaseAddress, ProviderId = "openai" });
        await using RequestPipeline<ProviderRequest, ProviderResponse> pipeline = RequestPipeline.CreateBuilder<ProviderRequest, ProviderResponse>()
            .AddTarget("simulated", endpoint)
            .Build();
        ProviderRequest request = new("/v1/chat/completions", """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}"""u8.ToArray());

        for (int sent = 0; sent < 10; sent++)
        {
            await pipeline.SendAsync(request).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }

        Assert.Equal(990, pipeline.Signals.Snapshot().RateRemaining);
    }

    // Time stands still for what is on its way.
    private async Task PassUntilAsync(Task done, RequestPipeline<ProviderRequest, ProviderResponse> pipeline)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        using CancellationTokenSource patience = new(Patience, TimeProvider.System);
        while (!done.IsCompleted)
        {
            await timer.WaitForNextTickAsync(patience.Token);
            if (pipeline.Signals.Snapshot().CurrentInflight == 0)
            {
                _time.Advance(Step);
            }
        }

        await done;
    }
}
