using System.Collections.Concurrent;
using AiLib.Dataflow.Pools;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class PoolTests
{
    private readonly ScriptedEndpoint _a = new("a", new TestTime());
    private readonly ScriptedEndpoint _b = new("b", new TestTime());
    private readonly ScriptedEndpoint _c = new("c", new TestTime());
    private readonly ConcurrentQueue<ParkEvent> _parks = new();

    [Theory]
    [InlineData(PoolChoice.Weighted)]
    [InlineData(PoolChoice.LeastLoaded)]
    public async Task Shares_follow_the_weights(PoolChoice choice)
    {
        _a.Autopilot = _b.Autopilot = _c.Autopilot = call => Outcome<string>.Answered(call.Request);
        await using PipelineHarness harness = Pool(options => options.Choice = choice, weights: [5, 3, 2]);

        for (int request = 0; request < 1_000; request++)
        {
            await harness.SendAsync();
        }

        Assert.InRange(_a.Calls, 480, 520);
        Assert.InRange(_b.Calls, 280, 320);
        Assert.InRange(_c.Calls, 180, 220);
    }

    [Fact]
    public async Task A_request_that_is_given_up_as_it_begins_gives_the_shared_credit_back()
    {
        TestTime time = new();
        ScriptedEndpoint[] endpoints = [.. Enumerable.Range(0, 2).Select(index => new ScriptedEndpoint(PipelineHarness.NameOf(index), time)
        {
            Autopilot = call => Outcome<string>.Answered(call.Request),
        })];
        RequestPipelineBuilder<string, string> builder = RequestPipeline.CreateBuilder<string, string>().UseEnvironment(static _ => null).UseTimeProvider(time);
        builder.AddPool(
            "pool",
            endpoints.Select(endpoint => new PoolMember<string, string>(endpoint.Id, endpoint)),
            pool => pool.SharedLimit.RequestsPerMinute = 1);
        RequestPipeline<string, string> pipeline = builder.Build();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pipeline.SendAsync("q", new CancellationToken(canceled: true)).AsTask());
        try
        {
            // There is one credit a minute, and time stands still.
            Assert.Equal("q", await pipeline.SendAsync("q").AsTask().WithinPatienceAsync("an answer"));
        }
        finally
        {
            await pipeline.StopAsync(TimeSpan.Zero);
        }
    }

    [Fact]
    public async Task A_refused_key_is_parked_and_its_request_goes_to_another()
    {
        _a.Autopilot = call => Outcome<string>.Failed(OutcomeKind.Exhausted, new IOException("402"));
        _b.Autopilot = _c.Autopilot = call => Outcome<string>.Answered(call.Request);
        await using PipelineHarness harness = Pool();

        for (int request = 0; request < 30; request++)
        {
            Assert.Equal("q", await harness.SendAsync());
        }

        Assert.Equal(1, _a.Calls);
        ParkEvent parked = Assert.Single(_parks);
        Assert.Equal(("pool", "a", (TimeSpan?)null, 2), (parked.Pool, parked.Target, parked.For, parked.Left));
        TargetSignals a = harness.Signals.Targets[0];
        Assert.Equal(("pool", (TimeSpan?)TimeSpan.MaxValue), (a.Pool, a.ParkedFor));
        Assert.Null(harness.Signals.Targets[1].ParkedFor);
    }

    [Fact]
    public async Task A_parked_member_comes_back_after_its_time()
    {
        bool broke = true;
        _a.Autopilot = call => broke ? Outcome<string>.Failed(OutcomeKind.Exhausted) : Outcome<string>.Answered(call.Request);
        _b.Autopilot = _c.Autopilot = call => Outcome<string>.Answered(call.Request);
        await using PipelineHarness harness = Pool(options => options.ParkFor = TimeSpan.FromMinutes(5));
        await SendAsync(harness, 10);
        broke = false;
        harness.Time.Advance(299);
        await SendAsync(harness, 10);
        Assert.Equal(1, _a.Calls);

        harness.Time.Advance(2);
        await Patience.UntilAsync(() => harness.Signals.Targets[0].ParkedFor is null, "the return of a");
        await SendAsync(harness, 9);

        Assert.Equal(4, _a.Calls);
    }

    [Fact]
    public async Task The_last_member_is_never_parked_and_the_fallback_follows_it()
    {
        _a.Autopilot = _b.Autopilot = _c.Autopilot = call => Outcome<string>.Failed(OutcomeKind.Exhausted, new IOException("401"));
        ScriptedEndpoint other = new("other", new TestTime()) { Autopilot = call => Outcome<string>.Answered("other's") };
        await using PipelineHarness harness = Pool(builder: build => build.AddTarget("other", other));

        harness.Endpoints.Add(other);

        Assert.Equal("other's", await harness.SendAsync());
        Assert.Equal("other's", await harness.SendAsync());

        Assert.Equal([1, 1, 2], new[] { _a.Calls, _b.Calls, _c.Calls }.Order());
        Assert.Equal(2, _parks.Count);
    }

    [Fact]
    public async Task What_waits_at_a_member_that_is_parked_is_answered_by_another()
    {
        await using PipelineHarness harness = Pool(member: (_, options) => options.Backpressure.MaxInflight = 1);
        List<Task<string>> sent = [.. Enumerable.Range(0, 9).Select(request => harness.SendAsync($"{request}"))];
        ScriptedCall atA = await _a.NextAsync();
        _b.Autopilot = _c.Autopilot = call => Outcome<string>.Answered(call.Request);

        atA.Fail(OutcomeKind.Exhausted);
        (await _b.NextAsync()).Answer();
        (await _c.NextAsync()).Answer();

        await Task.WhenAll(sent).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(1, _a.Calls);
    }

    [Fact]
    public async Task A_member_that_has_room_again_takes_what_waits_at_others()
    {
        await using PipelineHarness harness = Pool(member: (_, options) => options.Backpressure.MaxInflight = 1);
        List<Task<string>> sent = [.. Enumerable.Range(0, 12).Select(request => harness.SendAsync($"{request}"))];
        ScriptedCall atA = await _a.NextAsync();
        ScriptedCall atB = await _b.NextAsync();

        // Only c answers; what waits at a and b must not wait for them.
        _c.Autopilot = call => Outcome<string>.Answered(call.Request);
        (await _c.NextAsync()).Answer();
        await Patience.UntilAsync(() => sent.Count(task => task.IsCompleted) == 10, "ten answers by c", () => harness.Signals.Depths);

        atA.Answer();
        atB.Answer();
        await Task.WhenAll(sent);
        Assert.Equal((1, 1, 10), (_a.Calls, _b.Calls, _c.Calls));
    }

    [Fact]
    public async Task A_member_out_of_credits_does_not_hold_up_the_others()
    {
        _a.Autopilot = _b.Autopilot = _c.Autopilot = call => Outcome<string>.Answered(call.Request);
        await using PipelineHarness harness = Pool(
            options => options.Choice = PoolChoice.Weighted,
            member: (index, options) => options.RateLimiter.RequestsPerMinute = index == 0 ? 1 : null);

        await SendAsync(harness, 30);

        Assert.Equal(TimeSpan.Zero, harness.Time.Elapsed);
        Assert.Equal(1, _a.Calls);
    }

    [Fact]
    public async Task The_shared_limit_holds_over_all_members_together()
    {
        _a.Autopilot = _b.Autopilot = _c.Autopilot = call => Outcome<string>.Answered(call.Request);
        await using PipelineHarness harness = Pool(options =>
        {
            options.SharedLimit.RequestsPerSecond = 5;
            options.SharedLimit.BurstSize = 5;
        });
        Task all = Task.WhenAll(Enumerable.Range(0, 20).Select(_ => harness.SendAsync()));

        await Patience.UntilAsync(() => _a.Calls + _b.Calls + _c.Calls == 5, "the burst");
        harness.Time.Advance(0.99);
        await Patience.UntilAsync(() => _a.Calls + _b.Calls + _c.Calls == 9, "what flowed in", () => _a.Calls + _b.Calls + _c.Calls);
        await harness.AdvanceUntilAsync(all);

        await all;
        Assert.Equal(20, _a.Calls + _b.Calls + _c.Calls);
        Assert.InRange(harness.Time.Elapsed.TotalSeconds, 3.0, 3.3);
    }

    [Fact]
    public async Task A_failure_goes_to_another_member_at_once_and_waits_only_when_all_have_failed()
    {
        _a.Autopilot = _b.Autopilot = _c.Autopilot = call => Outcome<string>.Failed(OutcomeKind.Failed);
        await using PipelineHarness harness = Pool(member: (_, options) => options.Retry.MaxRetries = 3);
        Task<Settled<string, string>> sent = harness.TrySendAsync();
        await harness.UntilRetriesAsync(1);

        Assert.Equal((1, 1, 1), (_a.Calls, _b.Calls, _c.Calls));
        await harness.AdvanceUntilAsync(sent);

        Settled<string, string> settled = await sent;
        Assert.Equal((OutcomeKind.Failed, 6), (settled.Outcome.Kind, settled.Attempts));
    }

    [Fact]
    public async Task A_request_may_ask_for_the_pool_or_for_a_member()
    {
        _a.Autopilot = _b.Autopilot = _c.Autopilot = call => call.Attempt.Target == "b" ? Outcome<string>.Failed(OutcomeKind.Failed) : Outcome<string>.Answered(call.Attempt.Target);
        await using PipelineHarness harness = Pool(member: (_, options) => options.Retry.MaxRetries = 0);

        Settled<string, string> pinned = await harness.TrySendAsync(options: new RequestOptions { Target = "b", StaysOnTarget = true });
        Settled<string, string> started = await harness.TrySendAsync(options: new RequestOptions { Target = "b" });
        Settled<string, string> pool = await harness.TrySendAsync(options: new RequestOptions { Target = "pool", StaysOnTarget = true });

        Assert.Equal((OutcomeKind.Failed, 1), (pinned.Outcome.Kind, pinned.Attempts));
        Assert.Equal((OutcomeKind.Answered, 2), (started.Outcome.Kind, started.Attempts));
        Assert.Equal(OutcomeKind.Answered, pool.Outcome.Kind);
    }

    [Fact]
    public async Task A_parked_member_refuses_those_who_insist_on_it()
    {
        _a.Autopilot = call => Outcome<string>.Failed(OutcomeKind.Exhausted);
        _b.Autopilot = _c.Autopilot = call => Outcome<string>.Answered(call.Request);
        await using PipelineHarness harness = Pool();
        await SendAsync(harness, 3);

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(
            () => harness.SendAsync(options: new RequestOptions { Target = "a", StaysOnTarget = true }));

        Assert.Contains("a is parked", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_settings_are_named()
    {
        RequestPipelineBuilder<string, string> builder = RequestPipeline.CreateBuilder<string, string>()
            .AddPool("pool", [new("pool", _a, Weight: 0)], options => options.ParkFor = TimeSpan.Zero);

        ConfigurationException wrong = Assert.Throws<ConfigurationException>(builder.Build);

        Assert.Contains("pool: ParkFor", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("names must be unique", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("Weight is 0", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("no members", Assert.Throws<ArgumentException>(() => builder.AddPool("empty", [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_observes_is_told_where_a_request_went_that_waited_at_a_parked_member()
    {
        // What waits at a waits for a credit, so that it does not start there before a is parked.
        await using PipelineHarness harness = Pool(member: (index, options) =>
        {
            options.RateLimiter.RequestsPerMinute = index == 0 ? 1 : null;
            options.Backpressure.MaxInflight = index == 0 ? 10 : 1;
        });
        List<Task<string>> sent = [.. Enumerable.Range(0, 6).Select(request => harness.SendAsync($"{request}"))];
        ScriptedCall atA = await _a.NextAsync();
        await harness.UntilAsync(now => now.Targets[0].Depths.Ready == 1, "one that waits at a");

        atA.Fail(OutcomeKind.Exhausted);
        await Patience.UntilAsync(() => harness.Redirects.Count == 2, "the attempt that failed and the one behind it");

        Assert.All(harness.Redirects, static redirect => Assert.Equal("a", redirect.From));
        Assert.Equal([null, OutcomeKind.Exhausted], harness.Redirects.Select(redirect => redirect.Cause).Order());
        Assert.Equal(2, harness.Signals.Targets[0].RedirectedAway);
        _b.Autopilot = _c.Autopilot = call => Outcome<string>.Answered(call.Request);
        (await _b.NextAsync()).Answer();
        (await _c.NextAsync()).Answer();
        await Task.WhenAll(sent).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_limit_over_all_members_can_be_changed_made_and_taken_away()
    {
        _a.Autopilot = _b.Autopilot = _c.Autopilot = call => Outcome<string>.Answered(call.Request);
        await using PipelineHarness harness = Pool();
        await SendAsync(harness, 5);

        harness.Pipeline.UpdateLimits("pool", limits => (limits.RateLimiter.RequestsPerMinute, limits.RateLimiter.BurstSize) = (60, 2));
        await SendAsync(harness, 2);
        Task<string> third = harness.SendAsync();
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(7, _a.Calls + _b.Calls + _c.Calls);

        harness.Pipeline.UpdateLimits("pool", limits => (limits.RateLimiter.RequestsPerMinute, limits.RateLimiter.BurstSize) = (null, null));
        await third.WithinPatienceAsync("the third answer");
        await SendAsync(harness, 10);
    }

    [Fact]
    public async Task A_pool_has_no_limit_in_flight_of_its_own()
    {
        await using PipelineHarness harness = Pool();

        ConfigurationException wrong = Assert.Throws<ConfigurationException>(() => harness.Pipeline.UpdateLimits("pool", limits => limits.MaxInflight = 5));

        Assert.Contains("pool: MaxInflight is 5", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_day_that_is_used_up_over_all_members_sends_requests_behind_the_pool()
    {
        _a.Autopilot = _b.Autopilot = _c.Autopilot = call => Outcome<string>.Answered("a member's");
        ScriptedEndpoint other = new("other", new TestTime()) { Autopilot = call => Outcome<string>.Answered("other's") };
        await using PipelineHarness harness = Pool(pool => pool.SharedLimit.RequestsPerDay = 3, builder: build => build.AddTarget("other", other));
        harness.Endpoints.Add(other);

        List<string> answers = [];
        for (int request = 0; request < 6; request++)
        {
            answers.Add(await harness.SendAsync().WithinPatienceAsync("an answer"));
        }

        Assert.Equal((3, 3), (answers.Count(answer => answer == "a member's"), answers.Count(answer => answer == "other's")));
    }

    private static async Task SendAsync(PipelineHarness harness, int count)
    {
        for (int request = 0; request < count; request++)
        {
            await harness.SendAsync();
        }
    }

    private PipelineHarness Pool(
        Action<PoolOptions>? pool = null,
        Action<int, TargetOptions>? member = null,
        int[]? weights = null,
        Action<RequestPipelineBuilder<string, string>>? builder = null)
    {
        PipelineHarness harness = new(targets: 0, builder: build =>
        {
            build.OnMemberParked(_parks.Enqueue).AddPool("pool", new[] { _a, _b, _c }.Select((endpoint, index) => new PoolMember<string, string>(
                endpoint.Id,
                endpoint,
                options =>
                {
                    options.Retry.Jitter = Dataflow.Recovery.Jitter.None;
                    member?.Invoke(index, options);
                },
                weights?[index] ?? 1)), pool);
            builder?.Invoke(build);
        });
        harness.Endpoints.AddRange([_a, _b, _c]);
        return harness;
    }
}
