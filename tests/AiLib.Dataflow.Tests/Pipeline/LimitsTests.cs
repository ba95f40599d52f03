using AiLib.Dataflow.Capacity.Limits;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class LimitsTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static Outcome<string> Answer(params QuotaReading[] readings) => Outcome<string>.Answered("yes") with { Readings = readings };

    private static QuotaReading Requests(long? limit, long? remaining) => new(QuotaDimension.Requests, Minute, limit, remaining, FullIn: null);

    private static QuotaReading Tokens(long? limit, long? remaining) => new(QuotaDimension.Tokens, Minute, limit, remaining, FullIn: null);

    [Fact]
    public async Task The_first_answer_sets_the_limit_and_the_signals_show_it()
    {
        await using PipelineHarness harness = new();
        Task<string> first = harness.SendAsync("first");
        ScriptedCall call = await harness.Endpoint.NextAsync();
        Assert.Equal(((long?)null, (long?)null), (harness.Signals.RateRemaining, harness.Signals.Targets[0].TokensRemaining));

        call.End(Answer(Requests(60, 59), Tokens(1000, 700)));
        await first.WithinPatienceAsync("the first answer");

        Assert.Equal((1L, 700L), (harness.Signals.RateRemaining, harness.Signals.Targets[0].TokensRemaining));
        Task<string> second = harness.SendAsync("second");
        Task<string> third = harness.SendAsync("third");
        (await harness.Endpoint.NextAsync()).Answer();
        await second.WithinPatienceAsync("the second answer");
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(2, harness.Endpoint.Calls);
        harness.Time.Advance(1);
        ScriptedCall last = await harness.Endpoint.NextAsync();
        Assert.Equal(TimeSpan.FromSeconds(1), last.At);
        last.Answer();
        await third.WithinPatienceAsync("the third answer");
    }

    [Fact]
    public async Task Whoever_gets_the_permit_of_an_answer_meets_its_news()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.Backpressure.MaxInflight = 1);
        Task<string> first = harness.SendAsync("first");
        Task<string> second = harness.SendAsync("second");
        ScriptedCall call = await harness.Endpoint.NextAsync();

        call.End(Answer(Requests(60, 0)));
        await first.WithinPatienceAsync("the first answer");
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(1, harness.Endpoint.Calls);
        harness.Time.Advance(1);
        (await harness.Endpoint.NextAsync()).Answer();
        await second.WithinPatienceAsync("the second answer");
    }

    [Fact]
    public async Task A_failure_tells_limits_as_well()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.Retry.MaxRetries = 0);
        Task<Settled<string, string>> request = harness.TrySendAsync();

        (await harness.Endpoint.NextAsync()).End(Outcome<string>.Failed(OutcomeKind.Throttled) with { Readings = new[] { Requests(60, 0) } });
        await request.WithinPatienceAsync("the failure");

        Assert.Equal(0, harness.Signals.RateRemaining);
    }

    [Fact]
    public async Task The_news_of_one_target_are_not_another_s()
    {
        await using PipelineHarness harness = new(targets: 2, target: (_, options) => (options.RateLimiter.RequestsPerMinute, options.RateLimiter.BurstSize) = (60, 10));
        Task<string> request = harness.SendAsync();

        (await harness.Endpoint.NextAsync()).End(Answer(Requests(60, 2)));
        await request.WithinPatienceAsync("the answer");

        Assert.Equal((2L, 10L), (harness.Signals.Targets[0].RateRemaining, harness.Signals.Targets[1].RateRemaining));
    }

    [Fact]
    public async Task What_was_estimated_too_high_does_not_come_back_on_top_of_what_remains()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.RateLimiter.TokensPerMinute = 1000);
        Task<string> request = harness.SendAsync(options: new RequestOptions { Cost = 600 });

        (await harness.Endpoint.NextAsync()).End(Outcome<string>.Answered("yes", cost: 100) with { Readings = new[] { Tokens(1000, 300) } });
        await request.WithinPatienceAsync("the answer");

        Assert.Equal(300, harness.Signals.Targets[0].TokensRemaining);
    }

    [Fact]
    public async Task A_learned_limit_makes_attempts_begin_where_their_credits_are_taken()
    {
        await using PipelineHarness harness = new();
        Task<string> first = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).End(Answer(Requests(60, 59)));
        await first.WithinPatienceAsync("the first answer");

        int sender = 0;
        int caller = 0;
        harness.Endpoint.OnCall = _ => caller = Environment.CurrentManagedThreadId;
        harness.Endpoint.Autopilot = _ => Answer();
        Thread thread = new(() =>
        {
            sender = Environment.CurrentManagedThreadId;
            _ = harness.SendAsync();
        });
        thread.Start();
        thread.Join();

        Assert.Equal(sender, caller);
    }

    [Fact]
    public async Task Limits_go_up_while_requests_wait()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.RateLimiter.RequestsPerMinute = 1);
        harness.Endpoint.Autopilot = _ => Answer();
        await harness.SendAsync().WithinPatienceAsync("the first answer");
        Task<string> second = harness.SendAsync();
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(60));

        harness.Pipeline.UpdateLimits("a", limits => limits.RateLimiter.RequestsPerMinute = 60);
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(1));
        harness.Time.Advance(1);

        await second.WithinPatienceAsync("the second answer");
    }

    [Fact]
    public async Task Limits_go_to_none_and_down_while_requests_wait()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.RateLimiter.RequestsPerMinute = 1);
        harness.Endpoint.Autopilot = _ => Answer();
        await harness.SendAsync().WithinPatienceAsync("the first answer");
        Task<string>[] waiting = [.. Enumerable.Range(0, 5).Select(n => harness.SendAsync($"{n}"))];

        harness.Pipeline.UpdateLimits("a", limits => limits.RateLimiter.RequestsPerMinute = null);
        await Task.WhenAll(waiting).WithinPatienceAsync("all answers");
        Assert.Null(harness.Signals.RateRemaining);
        harness.Pipeline.UpdateLimits("a", limits => limits.RateLimiter.RequestsPerMinute = 30);
        await harness.SendAsync().WithinPatienceAsync("the burst of one");

        Assert.Equal(0, harness.Signals.RateRemaining);
    }

    [Fact]
    public async Task The_limit_in_flight_goes_up_while_requests_wait()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.Backpressure.MaxInflight = 1);
        Task<string>[] requests = [.. Enumerable.Range(0, 3).Select(n => harness.SendAsync($"{n}"))];
        List<ScriptedCall> calls = await harness.Endpoint.NextAsync(1);

        harness.Pipeline.UpdateLimits("a", limits => limits.MaxInflight = 2);
        calls.AddRange(await harness.Endpoint.NextAsync(1));
        Assert.Equal((2, 2), (harness.Signals.Targets[0].MaxInflight, harness.Signals.CurrentInflight));
        harness.Pipeline.UpdateLimits("a", limits => limits.MaxInflight = 0);
        calls.AddRange(await harness.Endpoint.NextAsync(1));

        calls.ForEach(call => call.Answer());
        await Task.WhenAll(requests).WithinPatienceAsync("all answers");
    }

    [Fact]
    [Trait("Invariant", "I15")]
    public async Task What_was_let_in_before_the_bucket_shrank_below_its_cost_passes_when_it_is_full_and_pays_in_the_end()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.RateLimiter.TokensPerMinute = 1000);
        Task<string> first = harness.SendAsync("first", new RequestOptions { Cost = 1000 });
        ScriptedCall call = await harness.Endpoint.NextAsync();
        Task<string> second = harness.SendAsync("second", new RequestOptions { Cost = 900 });

        harness.Pipeline.UpdateLimits("a", limits => limits.RateLimiter.TokensPerMinute = 300);
        await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync("third", new RequestOptions { Cost = 900 }));
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(60));
        harness.Time.Advance(60);
        ScriptedCall last = await harness.Endpoint.NextAsync();
        last.Answer(cost: 450);
        await second.WithinPatienceAsync("the second answer");
        Assert.Equal(0, harness.Signals.Targets[0].TokensRemaining);
        harness.Time.Advance(31);

        Assert.Equal(5, harness.Signals.Targets[0].TokensRemaining);
        call.Answer();
        await first.WithinPatienceAsync("the first answer");
    }

    [Fact]
    public async Task Errors_name_the_target_the_option_and_those_there_are()
    {
        await using PipelineHarness harness = new(targets: 2, target: (index, options) =>
        {
            options.AdaptiveLimit = index == 1 ? new AdaptiveLimitOptions { Min = 6 } : null;
            options.Slots = index == 0 ? 64 : null;
        });

        string unknown = Assert.Throws<ArgumentException>(() => harness.Pipeline.UpdateLimits("c", _ => { })).Message;
        string wrong = Assert.Throws<ConfigurationException>(() => harness.Pipeline.UpdateLimits("a", limits =>
        {
            limits.RateLimiter.RequestsPerMinute = 0;
            limits.MaxInflight = 65;
        })).Message;
        string adaptive = Assert.Throws<ConfigurationException>(() => harness.Pipeline.UpdateLimits("b", limits => limits.MaxInflight = 5)).Message;
        Assert.Throws<ArgumentNullException>(() => harness.Pipeline.UpdateLimits("a", null!));

        Assert.Contains("'c'; there are a, b", unknown, StringComparison.Ordinal);
        Assert.Contains("a: RateLimiter.RequestsPerMinute is 0", wrong, StringComparison.Ordinal);
        Assert.Contains("a: MaxInflight is 65", wrong, StringComparison.Ordinal);
        Assert.Contains("b: MaxInflight is 5, but AdaptiveLimit is set, whose Min is 6", adaptive, StringComparison.Ordinal);
        Assert.Equal((50, (long?)null), (harness.Signals.Targets[0].MaxInflight, harness.Signals.Targets[0].RateRemaining));
        harness.Pipeline.UpdateLimits("b", limits => limits.RateLimiter.RequestsPerMinute = 60);
        Assert.Equal(1, harness.Signals.Targets[1].RateRemaining);
    }

    [Fact]
    public void An_outcome_without_readings_has_nothing_beside_it()
    {
        Outcome<string> plain = Outcome<string>.Answered("yes");

        Assert.True(plain.Readings.IsEmpty);
        Assert.Equal(plain, plain with { Readings = default });
        Assert.Equal(plain with { Readings = default, Cost = 5 }, Outcome<string>.Answered("yes", 5));
        Outcome<string> told = plain with { Readings = new[] { Requests(1, 1) }, Cost = 5 };
        Assert.Equal((1, (long?)5, (Exception?)null), (told.Readings.Length, told.Cost, told.Error));
        Outcome<string> failed = Outcome<string>.Failed(OutcomeKind.Throttled, new IOException(), TimeSpan.FromSeconds(3)) with { Readings = told.Readings };
        Assert.Equal((1, TimeSpan.FromSeconds(3)), (failed.Readings.Length, failed.RetryAfter));
        Assert.True((failed with { Readings = default }).Readings.IsEmpty);
    }
}
