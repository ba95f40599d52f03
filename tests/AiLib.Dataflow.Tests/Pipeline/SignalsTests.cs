using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class SignalsTests
{
    [Fact]
    [Trait("Fault", "P34")]
    public async Task An_idle_pipeline_without_limits_is_healthy()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.Backpressure.MaxInflight = 0);

        SignalsSnapshot signals = harness.Signals;

        Assert.Equal((1.0, CircuitState.Closed, 0, (long?)null), (signals.HealthScore, signals.CircuitState, signals.CurrentInflight, signals.RateRemaining));
        Assert.Equal(0, signals.Targets[0].MaxInflight);
    }

    [Fact]
    [Trait("Fault", "P35")]
    public async Task The_time_to_wait_counts_from_the_opening_and_not_from_the_last_failure()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.CircuitBreaker.FailureThreshold = 2;
            options.Retry.MaxRetries = 0;
        });
        Task<string>[] tasks = [.. Enumerable.Range(0, 3).Select(n => harness.SendAsync($"{n}"))];
        List<ScriptedCall> calls = await harness.Endpoint.NextAsync(3);
        calls[0].Fail();
        calls[1].Fail();
        await harness.UntilAsync(now => now.CircuitState == CircuitState.Open, "an open circuit");
        harness.Time.Advance(10);

        // Late news of the generation before: it must not move the cool-down.
        calls[2].Fail();
        await harness.UntilAsync(now => now.CurrentInflight == 0, "the last attempt's end");

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync());
        Assert.Equal(TimeSpan.FromSeconds(20), refused.Refusal.RetryAfter);
        await Task.WhenAll(tasks.Select(task => Record.ExceptionAsync(() => task).AsTask()));
    }

    [Fact]
    [Trait("Fault", "P36")]
    [Trait("Fault", "P18")]
    public async Task Reading_the_signals_changes_nothing()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.RateLimiter.RequestsPerSecond = 10;
            options.RateLimiter.BurstSize = 5;
        });

        for (int n = 0; n < 100; n++)
        {
            Assert.Equal(5, harness.Signals.RateRemaining);
        }

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Answer();
        await answer;
        Assert.Equal(4, harness.Signals.RateRemaining);
        harness.Time.Advance(0.1);
        Assert.Equal(5, harness.Signals.RateRemaining);
    }

    [Fact]
    public async Task Depths_say_where_each_request_is()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.Slots = 3;
            options.Backpressure.MaxInflight = 1;
        });
        Task<string> delayed = harness.SendAsync("delayed");
        (await harness.Endpoint.NextAsync()).Fail();
        await harness.UntilRetriesAsync(1);
        Task<string>[] others = [.. Enumerable.Range(0, 4).Select(n => harness.SendAsync($"{n}"))];
        await harness.Endpoint.NextAsync();

        await harness.UntilAsync(now => now.Depths == new StageDepths(Door: 2, Admitting: 0, Ready: 1, InFlight: 1, Delayed: 1, Settling: 0), "one in every place");
        await harness.StopAsync();
        await Task.WhenAll(others.Append(delayed).Select(task => Record.ExceptionAsync(() => task).AsTask()));
    }

    [Fact]
    public async Task The_health_is_nothing_with_an_open_circuit_and_half_while_it_probes()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.CircuitBreaker.FailureThreshold = 1;
            options.Retry.MaxRetries = 0;
        });
        Task<string> failing = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Fail();
        await Assert.ThrowsAsync<RequestFailedException>(() => failing);

        Assert.Equal(0, harness.Signals.HealthScore);
        harness.Time.Advance(30);
        Assert.Equal(CircuitState.HalfOpen, harness.Signals.CircuitState);
        Assert.InRange(harness.Signals.HealthScore, 0, 0.5);
        Task<string> probe = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Answer();
        await probe;
        Assert.Equal(1, harness.Signals.HealthScore);
    }

    [Fact]
    public async Task Attempts_are_counted_by_how_they_ended_and_how_long_they_took()
    {
        await using PipelineHarness harness = new();
        Task<string> answer = harness.SendAsync();
        ScriptedCall first = await harness.Endpoint.NextAsync();
        harness.Time.Advance(2);
        first.Throttle();
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(1);
        (await harness.Endpoint.NextAsync()).Answer();
        await answer;

        TargetSignals target = harness.Signals.Targets[0];
        Assert.Equal((1, 1, 2), (target.Outcomes[OutcomeKind.Answered], target.Outcomes[OutcomeKind.Throttled], target.Outcomes.Total));
        Assert.Equal((2, 1), (target.Attempts, target.Retries));
        Assert.Equal(TimeSpan.FromSeconds(2), target.Latency.Longest);
        Assert.Equal(TimeSpan.FromSeconds(3), harness.Signals.Elapsed.Longest);
    }

    [Fact]
    public async Task Samples_come_at_each_interval_until_the_token_is_cancelled()
    {
        await using PipelineHarness harness = new();
        using CancellationTokenSource cancellation = new();
        List<DateTimeOffset> times = [];
        Task sampling = Task.Run(async () =>
        {
            await foreach (SignalsSnapshot sample in harness.Pipeline.Signals.SampleAsync(TimeSpan.FromSeconds(10), cancellation.Token))
            {
                times.Add(sample.Time);
            }
        });

        for (int n = 1; n <= 3; n++)
        {
            await Patience.UntilAsync(() => times.Count == n, $"sample {n}");
            harness.Time.Advance(10);
        }

        await Patience.UntilAsync(() => times.Count == 4, "sample 4");
        await cancellation.CancelAsync();
        await sampling.WithinPatienceAsync("the end of the samples");
        Assert.Equal([0, 10, 20, 30], times.Select(time => (time - harness.Time.Start).TotalSeconds));
    }

    [Fact]
    public async Task Counters_never_go_back_and_add_up_while_two_observers_look()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.Backpressure.MaxInflight = 8);
        harness.Endpoint.Autopilot = call => Outcome<string>.Answered(call.Request);
        bool over = false;
        Task[] observers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            SignalsSnapshot last = harness.Signals;
            while (!Volatile.Read(ref over))
            {
                SignalsSnapshot now = harness.Signals;
                Assert.True(now.Admitted >= last.Admitted && now.Answered >= last.Answered && now.Attempts >= last.Attempts);
                Assert.True(now.Admitted >= now.Answered + now.Failed + now.Cancelled);
                Assert.True(now.Depths is { Door: >= 0, Ready: >= 0, InFlight: >= 0, Delayed: >= 0, Settling: >= 0 });
                last = now;
            }
        }))];

        for (int round = 0; round < 20; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(n => harness.SendAsync($"{n}"))).WithinPatienceAsync("100 answers");
        }

        Volatile.Write(ref over, true);
        await Task.WhenAll(observers);
        Assert.Equal(2000, harness.Signals.Answered);
    }
}
