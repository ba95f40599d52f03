using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Tests.Pipeline;

/// <summary>S-20: users' code is called outside every lock, and whatever it does decides nothing about a request.</summary>
public sealed class HookTests
{
    private static void TripsAtOnce(int index, TargetOptions options) => options.CircuitBreaker.FailureThreshold = 1;

    [Fact]
    public async Task Hooks_that_throw_are_counted_and_decide_nothing()
    {
        await using PipelineHarness harness = new(targets: 2, target: (index, options) =>
        {
            TripsAtOnce(index, options);
            options.Retry.MaxRetries = index;
        }, builder: build => build
            .OnRetry(_ => throw new InvalidOperationException("retry"))
            .OnRedirect(_ => throw new InvalidOperationException("redirect"))
            .OnCircuitChanged(_ => throw new InvalidOperationException("circuit"))
            .OnRejected(_ => throw new InvalidOperationException("rejected")));

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoints[0].NextAsync()).Fail();
        (await harness.Endpoints[1].NextAsync()).Throttle();
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(1);
        (await harness.Endpoints[1].NextAsync()).Answer();
        await answer;
        await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync("q", new RequestOptions { StaysOnTarget = true }));

        Assert.Equal(4, harness.Signals.HookErrors);
    }

    [Fact]
    public async Task A_hook_that_throws_does_not_keep_the_next_one_from_learning()
    {
        int seen = 0;
        await using PipelineHarness harness = new(builder: build => build.OnRetry(_ => throw new InvalidOperationException()).OnRetry(_ => seen++));

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Fail();
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(1);
        (await harness.Endpoint.NextAsync()).Answer();
        await answer;

        Assert.Equal(1, seen);
    }

    [Fact]
    [Trait("Fault", "P9")]
    public async Task A_hook_that_blocks_holds_up_nobody_elses_request()
    {
        using ManualResetEventSlim gate = new();
        using ManualResetEventSlim blocked = new();
        await using PipelineHarness harness = new(target: TripsAtOnce, targets: 2, builder: build => build.OnRetry(_ =>
        {
            blocked.Set();
            gate.Wait();
        }));

        Task<string> retried = harness.SendAsync("retried");
        (await harness.Endpoints[0].NextAsync()).Throttle();
        await Patience.UntilAsync(() => blocked.IsSet, "the hook to block");
        Task<string> other = harness.SendAsync("other");
        (await harness.Endpoints[0].NextAsync()).Answer();

        await other.WithinPatienceAsync("the other's answer");
        gate.Set();
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(1);
        (await harness.Endpoints[0].NextAsync()).Answer();
        await retried.WithinPatienceAsync("the answer of the one whose hook blocked");
    }

    [Fact]
    [Trait("Fault", "P10")]
    public async Task Hooks_may_use_the_pipeline_they_belong_to()
    {
        PipelineHarness? outer = null;
        List<Task<string>> fromHooks = [];
        void Reenter()
        {
            _ = outer!.Signals;
            lock (fromHooks)
            {
                fromHooks.Add(outer.SendAsync("from a hook", new RequestOptions { Target = "b" }));
            }
        }

        await using PipelineHarness harness = new(targets: 2, target: (index, options) =>
        {
            TripsAtOnce(index, options);
            options.Retry.MaxRetries = 0;
        }, builder: build => build.OnRedirect(_ => Reenter()).OnCircuitChanged(_ => Reenter()));
        outer = harness;
        harness.Endpoints[1].Autopilot = call => Outcome<string>.Answered(call.Request);

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoints[0].NextAsync()).Fail();

        Assert.Equal("q", await answer.WithinPatienceAsync("the answer"));
        await Patience.UntilAsync(() => fromHooks.Count == 2, "two hooks");
        Assert.All(await Task.WhenAll(fromHooks).WithinPatienceAsync("what the hooks sent"), text => Assert.Equal("from a hook", text));
    }

    [Fact]
    public async Task Each_change_of_a_circuit_is_announced_with_its_target_and_its_time()
    {
        await using PipelineHarness harness = new(targets: 2, target: (index, options) =>
        {
            TripsAtOnce(index, options);
            options.Retry.MaxRetries = 0;
        });

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoints[0].NextAsync()).Fail();
        (await harness.Endpoints[1].NextAsync()).Answer();
        await answer;
        harness.Time.Advance(30);
        Task<string> probe = harness.SendAsync();
        (await harness.Endpoints[0].NextAsync()).Answer();
        await probe;
        await Patience.UntilAsync(() => harness.Circuits.Count == 3, "three changes");

        Assert.All(harness.Circuits, change => Assert.Equal("a", change.Target));
        Assert.Equal(
            [(CircuitState.Closed, CircuitState.Open), (CircuitState.Open, CircuitState.HalfOpen), (CircuitState.HalfOpen, CircuitState.Closed)],
            harness.Circuits.Select(change => (change.Change.From, change.Change.To)));
        Assert.Equal(TimeSpan.FromSeconds(30), harness.Circuits.First().Change.OpenFor);
        Assert.Equal([2L, 3L, 4L], harness.Circuits.Select(change => change.Change.Generation));
    }

    [Fact]
    public async Task A_retry_event_says_what_failed_and_how_long_the_wait_is()
    {
        await using PipelineHarness harness = new();
        IOException error = new("reset");

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Fail(error: error);
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(1);
        (await harness.Endpoint.NextAsync()).Answer();
        await answer;

        Assert.Equal(new RetryEvent("a", OutcomeKind.Failed, error, 1, TimeSpan.FromSeconds(1)), Assert.Single(harness.Retries));
    }
}
