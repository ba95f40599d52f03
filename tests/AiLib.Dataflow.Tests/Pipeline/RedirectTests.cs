using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class RedirectTests
{
    private static readonly RequestOptions Hold = new() { WhenUnavailable = Unavailability.Hold };

    private static void OneTry(int index, TargetOptions options) => options.Retry.MaxRetries = 0;

    private static void TripsAtOnce(int index, TargetOptions options)
    {
        options.Retry.MaxRetries = 0;
        options.CircuitBreaker.FailureThreshold = 1;
    }

    private static async Task TripAsync(PipelineHarness harness, int index)
    {
        string target = PipelineHarness.NameOf(index);
        Task<string> failing = harness.SendAsync("trip " + target, new RequestOptions { Target = target, StaysOnTarget = true });
        (await harness.Endpoints[index].NextAsync()).Fail();
        await Assert.ThrowsAsync<RequestFailedException>(() => failing);
        Assert.Equal(CircuitState.Open, harness.Signals.Targets[index].CircuitState);
    }

    private static async Task CoolAsync(PipelineHarness harness, int index, double seconds)
    {
        string target = PipelineHarness.NameOf(index);
        Task<string> failing = harness.SendAsync("cool " + target, new RequestOptions { Target = target, StaysOnTarget = true });
        (await harness.Endpoints[index].NextAsync()).Throttle(TimeSpan.FromSeconds(seconds));
        await Assert.ThrowsAsync<RequestFailedException>(() => failing);
    }

    [Fact]
    public async Task Those_at_the_door_of_a_target_that_cools_down_go_to_another_while_its_slots_are_taken()
    {
        await using PipelineHarness harness = new(targets: 2, target: (_, options) =>
        {
            options.Slots = 1;
            options.Backpressure.MaxInflight = 1;
        });
        Task<string> first = harness.SendAsync("first");
        ScriptedCall call = await harness.Endpoint.NextAsync();
        Task<string> second = harness.SendAsync("second");
        await harness.UntilAsync(now => now.Depths.Door == 1, "the second at the door");

        // It goes on at the other target and keeps its slot, which is the only one here.
        call.Throttle(TimeSpan.FromHours(1));
        ScriptedCall again = await harness.Endpoints[1].NextAsync();

        await harness.UntilAsync(now => now.Depths is { Door: 0, Ready: 1 }, "the second inside the other target");
        again.Answer();
        (await harness.Endpoints[1].NextAsync()).Answer();
        await Task.WhenAll(first, second).WithinPatienceAsync("both answers");
    }

    [Fact]
    public async Task A_request_visits_the_targets_in_order_and_each_at_most_once()
    {
        await using PipelineHarness harness = new(targets: 3, target: OneTry);

        Task<string> answer = harness.SendAsync("q", new RequestOptions { Target = "b" });
        foreach (int index in new[] { 1, 2, 0 })
        {
            (await harness.Endpoints[index].NextAsync()).Fail(error: new IOException($"at {index}"));
        }

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => answer);
        Assert.Equal(("a", 3, "at 0"), (failure.Target, failure.Attempts, failure.InnerException!.Message));
        Assert.All(harness.Endpoints, endpoint => Assert.Equal(1, endpoint.Calls));
    }

    [Fact]
    public async Task Attempts_are_counted_anew_at_each_target()
    {
        await using PipelineHarness harness = new(targets: 2, target: (_, options) => options.Retry.MaxRetries = 1);

        Task<string> answer = harness.SendAsync();
        for (int index = 0; index < 2; index++)
        {
            (await harness.Endpoints[index].NextAsync()).Fail();
            await harness.UntilRetriesAsync(index + 1);
            harness.Time.Advance(1);
            (await harness.Endpoints[index].NextAsync()).Fail();
        }

        Assert.Equal(4, (await Assert.ThrowsAsync<RequestFailedException>(() => answer)).Attempts);
    }

    [Fact]
    [Trait("Fault", "P26")]
    public async Task The_first_redirect_is_announced_too()
    {
        await using PipelineHarness harness = new(targets: 2, target: OneTry);

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoints[0].NextAsync()).Fail();
        (await harness.Endpoints[1].NextAsync()).Answer();
        await answer;

        RedirectEvent redirect = Assert.Single(harness.Redirects);
        Assert.Equal(("a", "b", OutcomeKind.Failed, 1), (redirect.From, redirect.To, redirect.Cause, redirect.Attempts));
    }

    [Fact]
    [Trait("Fault", "P25")]
    public async Task An_open_circuit_falls_back_at_once()
    {
        await using PipelineHarness harness = new(targets: 2, target: TripsAtOnce);
        await TripAsync(harness, 0);

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoints[1].NextAsync()).Answer();

        await answer;
        Assert.Equal(1, harness.Endpoints[0].Calls);
    }

    [Fact]
    [Trait("Fault", "P43")]
    public async Task A_trip_of_the_primary_does_not_touch_the_fallbacks_breaker()
    {
        await using PipelineHarness harness = new(targets: 2, target: TripsAtOnce);

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoints[0].NextAsync()).Fail();
        (await harness.Endpoints[1].NextAsync()).Answer();
        await answer;

        Assert.Equal([CircuitState.Open, CircuitState.Closed], harness.Signals.Targets.Select(target => target.CircuitState));
        Assert.Equal(CircuitState.Closed, harness.Signals.CircuitState);
    }

    [Fact]
    public async Task An_exhausted_quota_falls_back_and_a_request_at_fault_does_not()
    {
        await using PipelineHarness harness = new(targets: 2);

        Task<string> exhausted = harness.SendAsync("exhausted");
        (await harness.Endpoints[0].NextAsync()).Fail(OutcomeKind.Exhausted);
        (await harness.Endpoints[1].NextAsync()).Answer();
        await exhausted;
        Task<string> wrong = harness.SendAsync("wrong");
        (await harness.Endpoints[0].NextAsync()).Fail(OutcomeKind.Rejected);

        await Assert.ThrowsAsync<RequestFailedException>(() => wrong.WithinPatienceAsync("the failure"));
        Assert.Equal(1, harness.Endpoints[1].Calls);
    }

    [Fact]
    [Trait("Fault", "P47")]
    public async Task A_bug_of_the_endpoint_does_not_fall_back()
    {
        await using PipelineHarness harness = new(targets: 2);

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoints[0].NextAsync()).Throw(new InvalidCastException());

        await Assert.ThrowsAsync<RequestFailedException>(() => answer.WithinPatienceAsync("the failure"));
        Assert.Equal(0, harness.Endpoints[1].Calls);
    }

    [Fact]
    public async Task A_request_that_stays_on_its_target_is_not_redirected()
    {
        await using PipelineHarness harness = new(targets: 2, target: TripsAtOnce);
        await TripAsync(harness, 0);

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(
            () => harness.SendAsync("q", new RequestOptions { StaysOnTarget = true }));

        Assert.Equal("unavailable", refused.Refusal.Check);
        Assert.Equal(0, harness.Endpoints[1].Calls);
    }

    [Fact]
    public async Task A_redirect_into_a_full_lane_needs_no_slot_there()
    {
        await using PipelineHarness harness = new(targets: 2, target: (index, options) =>
        {
            OneTry(index, options);
            options.Slots = 1;
            options.Backpressure.MaxInflight = 1;
        });
        Task<string> blocker = harness.SendAsync("blocker", new RequestOptions { Target = "b" });
        ScriptedCall blocking = await harness.Endpoints[1].NextAsync();
        Task<string> redirected = harness.SendAsync("redirected");
        ScriptedCall failing = await harness.Endpoints[0].NextAsync();

        failing.Fail();
        await harness.UntilAsync(now => now.Targets[1].Depths.Ready == 1, "the redirected one in the full lane");
        blocking.Answer();
        (await harness.Endpoints[1].NextAsync()).Answer();

        await Task.WhenAll(blocker, redirected);
    }

    [Fact]
    public async Task Two_full_lanes_that_redirect_to_each_other_do_not_deadlock()
    {
        await using PipelineHarness harness = new(targets: 2, target: (index, options) =>
        {
            OneTry(index, options);
            options.Slots = 2;
            options.Backpressure.MaxInflight = 2;
        });
        Task<string>[] tasks = [.. Enumerable.Range(0, 4).Select(n => harness.SendAsync($"{n}", new RequestOptions { Target = n < 2 ? "a" : "b" }))];
        List<ScriptedCall> calls = [.. await harness.Endpoints[0].NextAsync(2), .. await harness.Endpoints[1].NextAsync(2)];

        calls.ForEach(call => call.Fail());
        foreach (ScriptedCall call in (List<ScriptedCall>)[.. await harness.Endpoints[0].NextAsync(2), .. await harness.Endpoints[1].NextAsync(2)])
        {
            call.Answer();
        }

        await Task.WhenAll(tasks).WithinPatienceAsync("all answers");
    }

    [Fact]
    public async Task A_call_is_refused_at_once_with_the_time_when_no_target_can_take_it()
    {
        await using PipelineHarness harness = new(targets: 2, target: (index, options) =>
        {
            TripsAtOnce(index, options);
            options.CircuitBreaker.Cooldown = TimeSpan.FromSeconds(10 * (index + 1));
        });
        await TripAsync(harness, 1);
        await TripAsync(harness, 0);

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync());

        Assert.Equal(("unavailable", TimeSpan.FromSeconds(10)), (refused.Refusal.Check, refused.Refusal.RetryAfter));
        Assert.Equal(0, refused.Attempts);
    }

    [Fact]
    public async Task A_held_request_waits_for_the_circuit_and_is_then_the_probe()
    {
        await using PipelineHarness harness = new(target: TripsAtOnce);
        await TripAsync(harness, 0);

        Task<string> held = harness.SendAsync("held", Hold);
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(30));
        harness.Time.Advance(29.999);
        Assert.Equal(1, harness.Endpoint.Calls);
        harness.Time.Advance(0.001);
        (await harness.Endpoint.NextAsync()).Answer();

        await held;
        Assert.Equal([CircuitState.Open, CircuitState.HalfOpen, CircuitState.Closed], harness.Circuits.Select(change => change.Change.To));
    }

    [Fact]
    [Trait("Fault", "P5")]
    public async Task Held_requests_are_not_all_admitted_by_one_probe_that_fails()
    {
        await using PipelineHarness harness = new(target: TripsAtOnce);
        await TripAsync(harness, 0);
        Task<string>[] held = [.. Enumerable.Range(0, 100).Select(n => harness.SendAsync($"{n}", Hold))];
        await harness.UntilAsync(now => now.Depths.Ready == 100, "a hundred are held");
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(30));

        harness.Time.Advance(30);
        ScriptedCall probe = await harness.Endpoint.NextAsync();
        probe.Fail();

        await Assert.ThrowsAsync<RequestFailedException>(() => held[int.Parse(probe.Request, System.Globalization.CultureInfo.InvariantCulture)]);
        await harness.UntilAsync(now => now.CircuitState == CircuitState.Open && now.Depths.Ready == 99, "open again");
        Assert.Equal(2, harness.Endpoint.Calls);
    }

    [Fact]
    [Trait("Fault", "P6")]
    public async Task After_recovery_all_held_requests_go_at_once()
    {
        await using PipelineHarness harness = new(target: TripsAtOnce);
        await TripAsync(harness, 0);
        Task<string>[] held = [.. Enumerable.Range(0, 50).Select(n => harness.SendAsync($"{n}", Hold))];
        await harness.UntilAsync(now => now.Depths.Ready == 50, "fifty are held");
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(30));

        harness.Time.Advance(30);
        (await harness.Endpoint.NextAsync()).Answer();
        List<ScriptedCall> rest = await harness.Endpoint.NextAsync(49);

        Assert.All(rest, call => Assert.Equal(TimeSpan.FromSeconds(30), call.At));
        rest.ForEach(call => call.Answer());
        await Task.WhenAll(held);
    }

    [Fact]
    public async Task A_held_request_moves_to_another_target_as_soon_as_that_one_can_be_called_again()
    {
        await using PipelineHarness harness = new(targets: 2, target: (_, options) => options.Retry.MaxRetries = 0);
        await CoolAsync(harness, 0, seconds: 3600);
        await CoolAsync(harness, 1, seconds: 200);

        Task<string> held = harness.SendAsync("held", Hold);
        await harness.UntilAsync(now => now.Depths.Ready == 1, "one is held");
        harness.Time.Advance(201);
        for (int step = 0; step < 50 && harness.Endpoints[1].Unseen == 0; step++)
        {
            harness.Time.Advance(1);
            for (int yields = 0; yields < 1000; yields++)
            {
                await Task.Yield();
            }
        }

        Assert.True(harness.Endpoints[1].Unseen == 1, $"Target b could be called from 200 s on; at {harness.Time.Elapsed} nothing was.");
        (await harness.Endpoints[1].NextAsync()).Answer();
        await held;
    }

    [Fact]
    public async Task Requests_held_behind_one_that_cannot_move_go_on_when_another_circuit_closes()
    {
        await using PipelineHarness harness = new(targets: 2, target: (index, options) =>
        {
            TripsAtOnce(index, options);
            options.CircuitBreaker.Cooldown = TimeSpan.FromSeconds(index == 0 ? 1000 : 10);
        });
        await TripAsync(harness, 0);
        await TripAsync(harness, 1);
        Task<string> stays = harness.SendAsync("stays", Hold with { Target = "a", StaysOnTarget = true });
        await harness.UntilAsync(now => now.Targets[0].Depths.Ready == 1, "one stays");
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(10));
        Task<string> moves = harness.SendAsync("moves", Hold with { Target = "a" });
        await harness.UntilAsync(now => now.Depths.Ready == 2, "two are held");

        harness.Time.Advance(10);
        (await harness.Endpoints[1].NextAsync()).Answer();

        await moves.WithinPatienceAsync("the one that can move");
        Assert.False(stays.IsCompleted);
        await harness.StopAsync();
        await Assert.ThrowsAsync<RequestRefusedException>(() => stays);
    }

    [Fact]
    public async Task A_target_cooled_for_less_than_the_tolerance_is_waited_for()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.Retry.MaxServerDelay = TimeSpan.FromSeconds(2));
        await CoolAsync(harness, 0, seconds: 3);
        harness.Time.Advance(2.5);

        Task<string> answer = harness.SendAsync();
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(0.5));
        harness.Time.Advance(0.5);
        (await harness.Endpoint.NextAsync()).Answer();

        await answer;
    }

    [Fact]
    public async Task A_closed_door_of_one_target_does_not_stop_another()
    {
        await using PipelineHarness harness = new(targets: 2, target: (_, options) =>
        {
            options.Slots = 1;
            options.Backpressure.MaxInflight = 1;
        });
        Task<string> first = harness.SendAsync("first");
        Task<string> waits = harness.SendAsync("waits");
        await harness.UntilAsync(now => now.Targets[0].Depths.Door == 1, "one waits at a's door");

        Task<string> free = harness.SendAsync("free", new RequestOptions { Target = "b" });
        (await harness.Endpoints[1].NextAsync()).Answer();
        await free;
        await RecoveryTests.AnswerAsync(harness, 2);

        await Task.WhenAll(first, waits);
    }

    [Fact]
    public async Task Those_who_wait_at_the_door_of_a_target_that_trips_go_elsewhere()
    {
        await using PipelineHarness harness = new(targets: 2, target: (index, options) =>
        {
            TripsAtOnce(index, options);
            options.Slots = 1;
            options.Backpressure.MaxInflight = 1;
        });
        Task<string> first = harness.SendAsync("first", new RequestOptions { StaysOnTarget = true });
        ScriptedCall call = await harness.Endpoints[0].NextAsync();
        Task<string> waits = harness.SendAsync("waits");
        await harness.UntilAsync(now => now.Targets[0].Depths.Door == 1, "one waits at a's door");

        call.Fail();
        (await harness.Endpoints[1].NextAsync()).Answer();

        await waits;
        await Assert.ThrowsAsync<RequestFailedException>(() => first);
    }
}
