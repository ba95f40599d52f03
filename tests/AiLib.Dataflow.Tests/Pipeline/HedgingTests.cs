using AiLib.Dataflow.Recovery;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Tests.Pipeline;

/// <summary>Hedging, sentence by sentence: a second attempt at another target while the first takes long.</summary>
public sealed class HedgingTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Without_the_option_no_call_gets_a_hedge()
    {
        await using PipelineHarness harness = new(targets: 2);
        Task<string> answer = harness.SendAsync();
        ScriptedCall first = await harness.Endpoint.NextAsync();

        harness.Time.Advance(500);
        await QuietAsync();
        first.Answer("first");

        Assert.Equal("first", await answer);
        Assert.Equal(0, harness.Endpoints[1].Calls);
    }

    [Fact]
    public async Task A_hedge_that_answers_first_settles_the_call_and_the_first_attempt_is_cancelled()
    {
        await using PipelineHarness harness = Hedging();
        Task<Settled<string, string>> answer = harness.TrySendAsync();
        ScriptedCall first = await harness.Endpoint.NextAsync();
        harness.Time.Advance(Delay);
        ScriptedCall hedge = await harness.Endpoints[1].NextAsync();
        Assert.False(first.CancellationToken.IsCancellationRequested);
        harness.Time.Advance(1);

        hedge.Answer("from b");

        Settled<string, string> settled = await answer.WithinPatienceAsync("the answer");
        Assert.Equal(("q", "from b", "b", 2, TimeSpan.FromSeconds(3)), (settled.Request, settled.Outcome.Response, settled.Target, settled.Attempts, settled.Elapsed));
        await first.UntilCancelledAsync();
        await harness.CheckAtRestAsync();
        SignalsSnapshot now = harness.Signals;
        Assert.Equal((1, 1, 0, 0), (now.Admitted, now.Answered, now.Failed, now.Cancelled));
        Assert.Equal((2, 1, 1, 0, 0), (now.Attempts, now.Hedges, now.HedgesWon, now.CurrentHedges, now.HedgesOverBudget));
        Assert.Equal((0, 0), (now.Retries, now.Redirects));
        Assert.Equal((0, 1, 1), (now.Targets[0].Hedges, now.Targets[1].Hedges, now.Targets[1].HedgesWon));
        Assert.Equal((1, 1), (now.Targets[0].Outcomes[OutcomeKind.Cancelled], now.Targets[1].Outcomes[OutcomeKind.Answered]));
    }

    [Fact]
    public async Task A_first_attempt_that_answers_first_settles_the_call_and_the_hedge_is_cancelled()
    {
        await using PipelineHarness harness = Hedging();
        Task<Settled<string, string>> answer = harness.TrySendAsync();
        ScriptedCall first = await harness.Endpoint.NextAsync();
        harness.Time.Advance(Delay);
        ScriptedCall hedge = await harness.Endpoints[1].NextAsync();
        Assert.Equal(1, harness.Signals.CurrentHedges);

        first.Answer("from a");

        Settled<string, string> settled = await answer.WithinPatienceAsync("the answer");
        Assert.Equal(("from a", "a", 2), (settled.Outcome.Response, settled.Target, settled.Attempts));
        await hedge.UntilCancelledAsync();
        await harness.CheckAtRestAsync();
        SignalsSnapshot now = harness.Signals;
        Assert.Equal((1, 1, 1, 0, 0), (now.Admitted, now.Answered, now.Hedges, now.HedgesWon, now.CurrentHedges));
    }

    [Fact]
    public async Task A_loser_that_answers_all_the_same_is_heard_by_nobody()
    {
        await using PipelineHarness harness = Hedging();
        harness.Endpoint.IgnoresCancellation = true;
        Task<string> answer = harness.SendAsync();
        ScriptedCall first = await harness.Endpoint.NextAsync();
        harness.Time.Advance(Delay);
        (await harness.Endpoints[1].NextAsync()).Answer("from b");
        Assert.Equal("from b", await answer.WithinPatienceAsync("the answer"));
        Assert.Equal(1, harness.Signals.CurrentInflight);

        first.Answer("from a");

        await harness.CheckAtRestAsync();
        Assert.Equal((1, 1), (harness.Signals.Answered, harness.Signals.Targets[0].Outcomes[OutcomeKind.Answered]));
    }

    [Fact]
    public async Task The_delay_counts_from_the_beginning_of_the_attempt()
    {
        await using PipelineHarness harness = Hedging(target: (_, options) => options.Backpressure.MaxInflight = 1);
        Task<string> running = harness.SendAsync("running", new RequestOptions { WithoutHedging = true });
        ScriptedCall runs = await harness.Endpoint.NextAsync();
        Task<string> waiting = harness.SendAsync("waiting");
        await harness.UntilAsync(now => now.Depths.Ready == 1, "one in the inbox");
        harness.Time.Advance(10);
        runs.Answer();
        ScriptedCall first = await harness.Endpoint.NextAsync();

        harness.Time.Advance(1.999);
        await QuietAsync();
        Assert.Equal(0, harness.Endpoints[1].Calls);
        harness.Time.Advance(0.001);

        ScriptedCall hedge = await harness.Endpoints[1].NextAsync();
        Assert.Equal(first.At + Delay, hedge.At);
        hedge.Answer();
        await Task.WhenAll(running, waiting).WithinPatienceAsync("both answers");
    }

    [Fact]
    public async Task A_call_gets_one_hedge_however_long_it_takes()
    {
        await using PipelineHarness harness = Hedging(targets: 3);
        Task<string> answer = harness.SendAsync();
        ScriptedCall first = await harness.Endpoint.NextAsync();
        harness.Time.Advance(Delay);
        await harness.Endpoints[1].NextAsync();

        harness.Time.Advance(100);
        await QuietAsync();

        Assert.Equal((1, 1, 0), (harness.Endpoints[0].Calls, harness.Endpoints[1].Calls, harness.Endpoints[2].Calls));
        first.Answer();
        await answer;
    }

    [Fact]
    public async Task A_later_attempt_of_a_call_may_get_the_hedge_that_the_earlier_did_not_need()
    {
        await using PipelineHarness harness = Hedging();
        Task<Settled<string, string>> answer = harness.TrySendAsync();
        (await harness.Endpoint.NextAsync()).Fail();
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(1);
        await harness.Endpoint.NextAsync();

        harness.Time.Advance(Delay);
        ScriptedCall hedge = await harness.Endpoints[1].NextAsync();
        hedge.Answer();

        Assert.Equal(3, hedge.Attempt.Attempt);
        Assert.Equal(("b", 3), (await answer is var settled ? settled.Target : "", settled.Attempts));
    }

    [Fact]
    public async Task While_a_call_waits_for_its_retry_there_is_no_hedge()
    {
        await using PipelineHarness harness = Hedging(target: (_, options) => options.Retry.InitialDelay = TimeSpan.FromSeconds(30));
        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Fail();
        await harness.UntilRetriesAsync(1);

        harness.Time.Advance(29);
        await QuietAsync();
        Assert.Equal(0, harness.Endpoints[1].Calls);

        harness.Time.Advance(1);
        (await harness.Endpoint.NextAsync()).Answer();
        await answer;
    }

    [Fact]
    public async Task A_hedge_that_fails_leaves_the_first_attempt_and_what_follows_from_it_unharmed()
    {
        await using PipelineHarness harness = Hedging(targets: 3);
        Task<Settled<string, string>> answer = harness.TrySendAsync();
        ScriptedCall first = await harness.Endpoint.NextAsync();
        harness.Time.Advance(Delay);
        (await harness.Endpoints[1].NextAsync()).Fail();
        await harness.UntilAsync(now => now.CurrentHedges == 0, "the end of the hedge");
        Assert.False(first.CancellationToken.IsCancellationRequested);

        // Its own retry, at its own target: the hedge made none and went nowhere else.
        first.Fail();
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(1);
        (await harness.Endpoint.NextAsync()).Answer("second try");

        Settled<string, string> settled = await answer;
        Assert.Equal(("second try", "a", 3), (settled.Outcome.Response, settled.Target, settled.Attempts));
        Assert.Equal((1, 0), (harness.Endpoints[1].Calls, harness.Endpoints[2].Calls));
        Assert.Single(harness.Retries);
        Assert.Empty(harness.Redirects);
    }

    [Fact]
    public async Task A_hedge_is_not_tried_again_and_takes_nothing_from_the_retry_budget()
    {
        await using PipelineHarness harness = Hedging(target: (_, options) =>
        {
            options.Retry.BudgetShare = 0;
            options.Retry.BudgetReserve = 1;
        });
        Task<string> answer = harness.SendAsync();
        ScriptedCall first = await harness.Endpoint.NextAsync();
        harness.Time.Advance(Delay);
        (await harness.Endpoints[1].NextAsync()).Fail();
        await harness.UntilAsync(now => now.CurrentHedges == 0, "the end of the hedge");
        first.Answer();
        await answer;

        // The one retry that b has is there for who starts there.
        Task<string> other = harness.SendAsync("other", new RequestOptions { Target = "b", StaysOnTarget = true });
        (await harness.Endpoints[1].NextAsync()).Fail();
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(1);
        (await harness.Endpoints[1].NextAsync()).Answer();
        await other;
    }

    [Fact]
    public async Task When_the_first_fails_for_good_the_hedge_decides_with_its_answer()
    {
        await using PipelineHarness harness = Hedging(target: OneTry);
        Task<Settled<string, string>> answer = harness.TrySendAsync();
        ScriptedCall first = await harness.Endpoint.NextAsync();
        harness.Time.Advance(Delay);
        ScriptedCall hedge = await harness.Endpoints[1].NextAsync();
        first.Fail(OutcomeKind.Rejected);
        await harness.UntilAsync(now => now.CurrentInflight == 1, "the end of the first");
        await QuietAsync();
        Assert.False(answer.IsCompleted);
        Assert.False(hedge.CancellationToken.IsCancellationRequested);

        hedge.Answer("from b");

        Settled<string, string> settled = await answer.WithinPatienceAsync("the answer");
        Assert.Equal(("from b", "b", 2), (settled.Outcome.Response, settled.Target, settled.Attempts));
        await harness.CheckAtRestAsync();
        Assert.Equal((1, 1, 0, 1), (harness.Signals.Admitted, harness.Signals.Answered, harness.Signals.Failed, harness.Signals.HedgesWon));
    }

    [Fact]
    public async Task When_both_fail_the_call_fails_once_with_the_last_error()
    {
        await using PipelineHarness harness = Hedging(target: OneTry);
        Task<string> answer = harness.SendAsync();
        ScriptedCall first = await harness.Endpoint.NextAsync();
        harness.Time.Advance(Delay);
        ScriptedCall hedge = await harness.Endpoints[1].NextAsync();
        first.Fail(OutcomeKind.Rejected);
        await harness.UntilAsync(now => now.CurrentInflight == 1, "the end of the first");
        hedge.Fail(error: new IOException("from b"));

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => answer.WithinPatienceAsync("the failure"));

        Assert.Equal(("b", 2, "from b"), (failure.Target, failure.Attempts, failure.InnerException!.Message));
        await harness.CheckAtRestAsync();
        Assert.Equal((1, 1, 0), (harness.Signals.Admitted, harness.Signals.Failed, harness.Signals.HedgesWon));
    }

    public static TheoryData<string, Action<TargetOptions>> Unready => new()
    {
        { "no permit", options => options.Backpressure.MaxInflight = 1 },
        { "no slot", options => (options.Slots, options.Backpressure.MaxInflight) = (1, 0) },
        { "no request credit", options => (options.RateLimiter.RequestsPerMinute, options.RateLimiter.BurstSize) = (1, 1) },
        { "no token credit", options => (options.RateLimiter.TokensPerMinute, options.RateLimiter.TokenBurst) = (30, 30) },
    };

    [Theory]
    [MemberData(nameof(Unready))]
    public async Task A_hedge_never_waits_and_one_that_could_not_start_now_costs_nothing_of_the_share(string what, Action<TargetOptions> second)
    {
        await using PipelineHarness harness = Hedging(share: 0.5, target: (index, options) =>
        {
            if (index == 1)
            {
                second(options);
            }
        });
        Assert.NotEmpty(what);
        RequestOptions costs = new() { Cost = 20 };
        Task<string> occupies = harness.SendAsync("occupies", costs with { Target = "b", StaysOnTarget = true });
        ScriptedCall occupied = await harness.Endpoints[1].NextAsync();
        Task<string> answer = harness.SendAsync("q", costs);
        ScriptedCall first = await harness.Endpoint.NextAsync();

        harness.Time.Advance(Delay);
        await QuietAsync();

        Assert.Equal(1, harness.Endpoints[1].Calls);
        Assert.Equal((0, 0, 0), (harness.Signals.Hedges, harness.Signals.HedgesOverBudget, harness.Signals.Targets[1].Depths.Ready));
        first.Answer();
        occupied.Answer();
        await Task.WhenAll(answer, occupies).WithinPatienceAsync("both answers");

        // The two calls have paid for one hedge between them, and it is there still.
        harness.Time.Advance(60);
        Task<string> next = harness.SendAsync("next", costs);
        ScriptedCall late = await harness.Endpoint.NextAsync();
        harness.Time.Advance(Delay);
        (await harness.Endpoints[1].NextAsync()).Answer("from b");
        Assert.Equal("from b", await next.WithinPatienceAsync("the hedge's answer"));
        await late.UntilCancelledAsync();
    }

    [Fact]
    public async Task A_target_with_an_open_circuit_gets_no_hedge_and_the_next_one_does()
    {
        await using PipelineHarness harness = Hedging(targets: 3, target: (_, options) =>
        {
            options.Retry.MaxRetries = 0;
            options.CircuitBreaker.FailureThreshold = 1;
            options.CircuitBreaker.Cooldown = TimeSpan.FromHours(1);
        });
        Task<string> trips = harness.SendAsync("trip", new RequestOptions { Target = "b", StaysOnTarget = true });
        (await harness.Endpoints[1].NextAsync()).Fail();
        await Assert.ThrowsAsync<RequestFailedException>(() => trips);
        Task<string> answer = harness.SendAsync();
        await harness.Endpoint.NextAsync();

        harness.Time.Advance(Delay);
        (await harness.Endpoints[2].NextAsync()).Answer("from c");

        Assert.Equal("from c", await answer.WithinPatienceAsync("the answer"));
        Assert.Equal(1, harness.Endpoints[1].Calls);
    }

    [Fact]
    public async Task A_target_that_the_call_has_visited_gets_no_hedge()
    {
        await using PipelineHarness harness = Hedging(target: OneTry);
        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Fail();
        ScriptedCall moved = await harness.Endpoints[1].NextAsync();

        harness.Time.Advance(Delay);
        await QuietAsync();

        Assert.Equal((1, 1), (harness.Endpoints[0].Calls, harness.Endpoints[1].Calls));
        moved.Answer();
        await answer;
    }

    public static TheoryData<string, RequestOptions> Unhedged => new()
    {
        { "stays on its target", new RequestOptions { Target = "a", StaysOnTarget = true } },
        { "without hedging", new RequestOptions { WithoutHedging = true } },
    };

    [Theory]
    [MemberData(nameof(Unhedged))]
    public async Task A_call_that_may_not_go_elsewhere_or_not_be_asked_twice_gets_no_hedge(string what, RequestOptions options)
    {
        await using PipelineHarness harness = Hedging();
        Assert.NotEmpty(what);
        Task<string> answer = harness.SendAsync("q", options);
        ScriptedCall first = await harness.Endpoint.NextAsync();

        harness.Time.Advance(Delay);
        await QuietAsync();
        first.Answer();

        await answer;
        Assert.Equal(0, harness.Endpoints[1].Calls);
    }

    [Fact]
    public async Task Requests_of_a_stream_get_no_hedge()
    {
        await using PipelineHarness harness = Hedging();
        Task<List<Settled<string, string>>> answers = harness.Pipeline.RunAsync(Two()).ToListAsync(TestContext.Current.CancellationToken).AsTask();
        List<ScriptedCall> calls = await harness.Endpoint.NextAsync(2);

        harness.Time.Advance(100);
        await QuietAsync();
        calls.ForEach(call => call.Answer());

        Assert.Equal(2, (await answers.WithinPatienceAsync("the answers")).Count);
        Assert.Equal(0, harness.Endpoints[1].Calls);

        static async IAsyncEnumerable<string> Two()
        {
            yield return "1";
            await Task.Yield();
            yield return "2";
        }
    }

    [Fact]
    public async Task There_are_never_more_hedges_than_the_share_and_the_others_are_counted()
    {
        await using PipelineHarness harness = Hedging(share: 0.25);
        for (int call = 1; call <= 8; call++)
        {
            Task<string> answer = harness.SendAsync();
            ScriptedCall first = await harness.Endpoint.NextAsync();
            harness.Time.Advance(Delay);
            int made = call / 4;
            int over = call - made;
            await harness.UntilAsync(now => now.Hedges == made && now.HedgesOverBudget == over, $"call {call}: {made} hedges, {over} over the share");
            first.Answer();
            await answer;
        }

        await harness.CheckAtRestAsync();
        Assert.Equal((8, 8, 2, 6), (harness.Signals.Admitted, harness.Signals.Answered, harness.Signals.Hedges, harness.Signals.HedgesOverBudget));
    }

    [Fact]
    public async Task A_caller_who_gives_up_ends_both_and_is_answered_at_once()
    {
        await using PipelineHarness harness = Hedging();
        harness.Endpoints.ForEach(endpoint => endpoint.IgnoresCancellation = true);
        using CancellationTokenSource cancellation = new();
        Task<string> answer = harness.SendAsync(cancellationToken: cancellation.Token);
        ScriptedCall first = await harness.Endpoint.NextAsync();
        harness.Time.Advance(Delay);
        ScriptedCall hedge = await harness.Endpoints[1].NextAsync();

        await cancellation.CancelAsync();

        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.WithinPatienceAsync("the caller's release"));
        Assert.Equal(cancellation.Token, error.CancellationToken);
        await Task.WhenAll(first.UntilCancelledAsync(), hedge.UntilCancelledAsync());
        first.Fail();
        hedge.Answer();
        await harness.CheckAtRestAsync();
        Assert.Equal((1, 1, 0), (harness.Signals.Admitted, harness.Signals.Cancelled, harness.Signals.Answered));
    }

    [Fact]
    public async Task The_deadline_ends_both()
    {
        await using PipelineHarness harness = Hedging();
        Task<string> answer = harness.SendAsync(options: new RequestOptions { Deadline = TimeSpan.FromSeconds(10) });
        ScriptedCall first = await harness.Endpoint.NextAsync();
        harness.Time.Advance(Delay);
        ScriptedCall hedge = await harness.Endpoints[1].NextAsync();

        harness.Time.Advance(8);

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => answer.WithinPatienceAsync("the failure"));
        Assert.Equal((OutcomeKind.TimedOut, 2), (failure.Kind, failure.Attempts));
        await Task.WhenAll(first.UntilCancelledAsync(), hedge.UntilCancelledAsync());
        await harness.CheckAtRestAsync();
        Assert.Equal((1, 1), (harness.Signals.Admitted, harness.Signals.Failed));
    }

    [Fact]
    public async Task A_hedge_that_is_left_alone_still_ends_with_the_deadline()
    {
        await using PipelineHarness harness = Hedging(target: OneTry);
        Task<string> answer = harness.SendAsync(options: new RequestOptions { Deadline = TimeSpan.FromSeconds(10) });
        ScriptedCall first = await harness.Endpoint.NextAsync();
        harness.Time.Advance(Delay);
        ScriptedCall hedge = await harness.Endpoints[1].NextAsync();
        first.Fail(OutcomeKind.Rejected);
        await harness.UntilAsync(now => now.CurrentInflight == 1, "the end of the first");

        harness.Time.Advance(8);

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => answer.WithinPatienceAsync("the failure"));
        Assert.Equal(OutcomeKind.TimedOut, failure.Kind);
        await hedge.UntilCancelledAsync();
    }

    [Fact]
    public async Task The_stop_waits_for_both_and_then_ends_both()
    {
        await using PipelineHarness harness = Hedging();
        Task<string> answer = harness.SendAsync();
        ScriptedCall first = await harness.Endpoint.NextAsync();
        harness.Time.Advance(Delay);
        ScriptedCall hedge = await harness.Endpoints[1].NextAsync();

        Task stop = harness.StopAsync(TimeSpan.FromSeconds(5));

        await Assert.ThrowsAsync<RequestRefusedException>(() => answer.WithinPatienceAsync("the caller's release"));
        await stop.WithinPatienceAsync("the stop");
        Assert.True(harness.Time.Elapsed >= TimeSpan.FromSeconds(7));
        Assert.True(first.CancellationToken.IsCancellationRequested && hedge.CancellationToken.IsCancellationRequested);
    }

    [Fact]
    public async Task A_pipeline_that_stops_makes_no_hedges()
    {
        await using PipelineHarness harness = Hedging();
        Task<string> answer = harness.SendAsync();
        ScriptedCall first = await harness.Endpoint.NextAsync();
        Task stop = harness.Pipeline.StopAsync(TimeSpan.FromSeconds(60));
        await harness.Time.UntilArmedWithinAsync(Delay);

        harness.Time.Advance(Delay);
        await QuietAsync();

        Assert.Equal(0, harness.Endpoints[1].Calls);
        first.Answer();
        await answer;
        await stop.WithinPatienceAsync("the stop");
    }

    [Theory]
    [InlineData(null, 60)]
    [InlineData(15, 85)]
    public async Task What_the_loser_used_is_charged_and_without_its_word_the_estimate(int? used, long left)
    {
        await using PipelineHarness harness = Hedging(target: (_, options) =>
            (options.RateLimiter.TokensPerMinute, options.RateLimiter.TokenBurst) = (60, 100));
        harness.Endpoint.IgnoresCancellation = true;
        Task<string> answer = harness.SendAsync(options: new RequestOptions { Cost = 40 });
        ScriptedCall first = await harness.Endpoint.NextAsync();
        harness.Time.Advance(Delay);
        (await harness.Endpoints[1].NextAsync()).Answer(cost: 30);
        await answer;
        await first.UntilCancelledAsync();

        first.End(Outcome<string>.Failed(OutcomeKind.Cancelled) with { Cost = used });

        await harness.CheckAtRestAsync();
        Assert.Equal((left + 2, 70), (harness.Signals.Targets[0].TokensRemaining, harness.Signals.Targets[1].TokensRemaining));
    }

    [Fact]
    public async Task What_flows_with_the_caller_flows_to_the_hedge()
    {
        AsyncLocal<string> tenant = new();
        string? seen = null;
        await using PipelineHarness harness = Hedging();
        harness.Endpoints[1].OnCall = _ => seen = tenant.Value;
        tenant.Value = "acme";
        Task<string> answer = harness.SendAsync();
        tenant.Value = "other";
        await harness.Endpoint.NextAsync();

        harness.Time.Advance(Delay);
        (await harness.Endpoints[1].NextAsync()).Answer();

        await answer;
        Assert.Equal("acme", seen);
    }

    [Fact]
    public async Task In_a_pool_the_hedge_goes_to_another_member_first_and_stays_in_the_pool_with_its_call()
    {
        TestTime time = new();
        ScriptedEndpoint[] endpoints = [.. "abc".Select(id => new ScriptedEndpoint(id.ToString(), time))];
        await using RequestPipeline<string, string> pipeline = RequestPipeline.CreateBuilder<string, string>()
            .UseEnvironment(static _ => null)
            .UseTimeProvider(time)
            .Configure(options => options.Hedging = new HedgingOptions { Delay = Delay, MaxShare = 1 })
            .AddTarget("c", endpoints[2])
            .AddPool("pool", [.. endpoints.Take(2).Select(endpoint => new Dataflow.Pools.PoolMember<string, string>(endpoint.Id, endpoint, options => options.Backpressure.MaxInflight = 1))])
            .Build();
        RequestOptions toPool = new() { Target = "pool", StaysOnTarget = true };
        Task<string> one = pipeline.SendAsync("one", toPool).AsTask();
        ScriptedCall first = await endpoints[0].NextAsync();

        time.Advance(Delay);
        ScriptedCall hedge = await endpoints[1].NextAsync();
        Task<string> two = pipeline.SendAsync("two", toPool).AsTask();
        first.Answer("from a");
        Assert.Equal("from a", await one.WithinPatienceAsync("the answer"));
        await hedge.UntilCancelledAsync();
        ScriptedCall second = await NextOfAsync(endpoints);
        second.Answer();
        await two.WithinPatienceAsync("the second answer");
        Assert.Equal(0, endpoints[2].Calls);
    }

    public static TheoryData<string, Action<PipelineOptions>, int, string[]> Wrong => new()
    {
        { "no delay", options => options.Hedging = new() { Delay = TimeSpan.Zero }, 2, ["Hedging.Delay is 0 ms"] },
        { "no share", options => options.Hedging = new() { MaxShare = 0 }, 2, ["Hedging.MaxShare is 0"] },
        { "more than one for each call", options => options.Hedging = new() { MaxShare = 1.1 }, 2, ["Hedging.MaxShare is 1.1"] },
        { "nowhere to go", options => options.Hedging = new(), 1, ["Hedging", "1 target"] },
        { "later than any attempt", options => options.Hedging = new() { Delay = TimeSpan.FromSeconds(600) }, 2, ["Hedging.Delay (10 min)", "AttemptTimeout (10 min)"] },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_could_never_make_a_hedge_is_said_when_the_pipeline_is_built(string what, Action<PipelineOptions> configure, int targets, string[] parts)
    {
        RequestPipelineBuilder<string, string> builder = RequestPipeline.CreateBuilder<string, string>().UseEnvironment(static _ => null).Configure(configure);
        for (int index = 0; index < targets; index++)
        {
            builder.AddTarget(PipelineHarness.NameOf(index), (request, _) => ValueTask.FromResult(request));
        }

        ConfigurationException error = Assert.Throws<ConfigurationException>(builder.Build);

        Assert.NotEmpty(what);
        Assert.Single(error.Errors);
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    private static void OneTry(int index, TargetOptions options) => options.Retry.MaxRetries = 0;

    private static PipelineHarness Hedging(int targets = 2, double share = 1, Action<int, TargetOptions>? target = null) => new(
        targets,
        (index, options) =>
        {
            options.Retry.InitialDelay = TimeSpan.FromSeconds(1);
            options.Retry.Jitter = Jitter.None;
            target?.Invoke(index, options);
        },
        builder => builder.Configure(options => options.Hedging = new HedgingOptions { Delay = Delay, MaxShare = share }));

    /// <summary>Lets whatever the pool has to do be done: through its common queue, where a hedge waits as well, and not past it.</summary>
    private static async Task QuietAsync()
    {
        for (int turn = 0; turn < 20; turn++)
        {
            TaskCompletionSource turned = new(TaskCreationOptions.RunContinuationsAsynchronously);
            ThreadPool.UnsafeQueueUserWorkItem(static turned => turned.SetResult(), turned, preferLocal: false);
            await turned.Task;
        }
    }

    private static async Task<ScriptedCall> NextOfAsync(ScriptedEndpoint[] endpoints)
    {
        await Patience.UntilAsync(() => Array.Exists(endpoints, endpoint => endpoint.Unseen > 0), "the next attempt at any");
        return await Array.Find(endpoints, endpoint => endpoint.Unseen > 0)!.NextAsync();
    }
}
