using AiLib.Dataflow.Pools;

namespace AiLib.Dataflow.Tests.Pipeline;

/// <summary>What a request costs is worked out at each target for itself; what is too large for one is not sent there.</summary>
public sealed class CostTests
{
    private readonly TestTime _time = new();
    private readonly List<ScriptedEndpoint> _scripted = [];
    private readonly List<PricedEndpoint> _priced = [];

    [Fact]
    public async Task A_fallback_target_charges_what_the_request_costs_there()
    {
        await using PipelineHarness harness = Build(2, Tokens(1_000));
        _priced[1].Factor = 3;

        Task<string> answer = harness.SendAsync("100");
        (await _scripted[0].NextAsync()).Fail(OutcomeKind.Exhausted);
        ScriptedCall second = await _scripted[1].NextAsync();

        Assert.Equal((900, 700), (harness.Signals.Targets[0].TokensRemaining, harness.Signals.Targets[1].TokensRemaining));
        second.Answer();
        await answer;
    }

    [Fact]
    public async Task What_was_learned_meanwhile_counts_at_the_next_attempt()
    {
        await using PipelineHarness harness = Build(1, Tokens(1_000));

        Task<string> answer = harness.SendAsync("100");
        ScriptedCall first = await _scripted[0].NextAsync();
        _priced[0].Factor = 2;
        first.End(Outcome<string>.Failed(OutcomeKind.Throttled) with { Cost = 0 });
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(60);
        ScriptedCall second = await _scripted[0].NextAsync();

        Assert.Equal(800, harness.Signals.Targets[0].TokensRemaining);
        second.Answer();
        await answer;
    }

    [Fact]
    public async Task An_answer_is_settled_by_what_its_target_counts()
    {
        await using PipelineHarness harness = Build(1, Tokens(1_000));
        _priced[0].Settled = 40;

        Task<string> answer = harness.SendAsync("100");
        (await _scripted[0].NextAsync()).Answer(cost: 700);

        await answer;
        Assert.Equal(960, harness.Signals.Targets[0].TokensRemaining);
    }

    [Fact]
    public async Task Nobody_is_asked_where_nothing_limits_tokens_or_the_request_says_its_cost()
    {
        await using PipelineHarness harness = Build(2, (index, options) => options.RateLimiter.TokensPerMinute = index == 1 ? 1_000 : null);
        _scripted.ForEach(endpoint => endpoint.Autopilot = call => Outcome<string>.Answered(call.Request));

        await harness.SendAsync("100");
        await harness.SendAsync("100", new RequestOptions { Target = "b", Cost = 7 });

        Assert.Equal((0, 0), (_priced[0].Asked, _priced[1].Asked));
        Assert.Equal(993, harness.Signals.Targets[1].TokensRemaining);
    }

    [Fact]
    public async Task An_estimator_that_throws_costs_nothing_and_stops_nobody()
    {
        await using PipelineHarness harness = Build(1, Tokens(1_000));
        _priced[0].Error = new InvalidOperationException("no idea");

        Task<string> answer = harness.SendAsync("100");
        (await _scripted[0].NextAsync()).Answer(cost: 30);

        await answer;
        Assert.Equal(970, harness.Signals.Targets[0].TokensRemaining);
        Assert.True(harness.Signals.HookErrors >= 2);
    }

    [Fact]
    public async Task What_never_fits_one_target_by_its_own_count_goes_to_another()
    {
        await using PipelineHarness harness = Build(2, Tokens(1_000));
        _priced[0].Factor = 20;
        _scripted[1].Autopilot = call => Outcome<string>.Answered(call.Request);

        await harness.SendAsync("100");

        Assert.Equal((0, 1), (_scripted[0].Calls, _scripted[1].Calls));
    }

    [Fact]
    public async Task A_request_that_the_target_calls_too_large_is_final_there_and_goes_to_another()
    {
        await using PipelineHarness harness = Build(2);

        Task<string> answer = harness.SendAsync("100");
        (await _scripted[0].NextAsync()).End(TooLarge(limit: 50, requested: 100));
        (await _scripted[1].NextAsync()).Answer();

        await answer;
        Assert.Equal(("a", "b", OutcomeKind.TooLarge), harness.Redirects.Select(redirect => (redirect.From, redirect.To, redirect.Cause!.Value)).Single());
        Assert.Empty(harness.Retries);
    }

    [Fact]
    public async Task Without_another_target_it_fails_and_says_the_limit_and_what_to_do()
    {
        await using PipelineHarness harness = Build(1);

        Task<string> answer = harness.SendAsync("100");
        (await _scripted[0].NextAsync()).End(TooLarge(limit: 50, requested: 104));

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => answer.WithinPatienceAsync("the failure"));
        Assert.Equal((OutcomeKind.TooLarge, "a", 1), (failure.Kind, failure.Target, failure.Attempts));
        Assert.EndsWith(
            "a takes no request of more than 50 tokens, and this one costs 104; shorten it, lower its max_tokens, or add a target that takes more.",
            failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_costs_more_than_was_told_is_refused_before_it_is_sent_and_the_rest_goes()
    {
        await using PipelineHarness harness = Build(1);
        await LearnAsync(harness, limit: 50, requested: 100);

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync("51"));
        Task<string> fits = harness.SendAsync("50");
        (await _scripted[0].NextAsync()).Answer();

        await fits;
        Assert.Equal(("never_fits", "a"), (refused.Refusal.Check, refused.Refusal.Target));
        Assert.Contains("a takes no request of more than 50 tokens, and this one costs 51", refused.Message, StringComparison.Ordinal);
        Assert.Equal(2, _scripted[0].Calls);
    }

    [Theory]
    // We count twice what the target does: 100 of ours are 50 of its own, and fit.
    [InlineData(200, 100, 100, true)]
    [InlineData(200, 100, 101, false)]
    // We count half of what it does: nothing is refused for that alone.
    [InlineData(100, 200, 50, true)]
    public async Task A_told_limit_is_in_the_units_of_the_target(long ours, long requested, long then, bool fits)
    {
        await using PipelineHarness harness = Build(1);
        await LearnAsync(harness, limit: 50, requested, ours);
        _scripted[0].Autopilot = call => Outcome<string>.Answered(call.Request);

        Task<string> answer = harness.SendAsync($"{then}");

        Assert.Equal(fits, await Record.ExceptionAsync(() => answer) is null);
    }

    [Theory]
    [InlineData(QuotaDimension.InputTokens, "60+1", "a takes no prompt of more than 50 tokens, and this one costs 60; shorten it, or add a target that takes more.")]
    [InlineData(QuotaDimension.OutputTokens, "1+60", "a takes no answer of more than 50 tokens, and this one costs 60; lower its max_tokens, or add a target that takes more.")]
    public async Task What_is_too_large_in_one_part_is_not_sent_again_and_says_which(QuotaDimension part, string request, string why)
    {
        await using PipelineHarness harness = Build(1);
        RequestFailedException first = await FailAsync(harness, request, new CostLimit(part, 50, 60));

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync(request));

        Assert.EndsWith(why, first.Message, StringComparison.Ordinal);
        Assert.Equal(("never_fits", "a"), (refused.Refusal.Check, refused.Refusal.Target));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, _scripted[0].Calls);
    }

    [Theory]
    [InlineData(QuotaDimension.InputTokens, "51+0", false)]
    [InlineData(QuotaDimension.InputTokens, "50+900", true)]
    [InlineData(QuotaDimension.OutputTokens, "0+51", false)]
    [InlineData(QuotaDimension.OutputTokens, "900+50", true)]
    // Nobody knows how much of it is what.
    [InlineData(QuotaDimension.InputTokens, "900", true)]
    [InlineData(QuotaDimension.OutputTokens, "900", true)]
    public async Task A_told_limit_of_one_part_is_about_that_part_alone(QuotaDimension part, string then, bool fits)
    {
        await using PipelineHarness harness = Build(1);
        await FailAsync(harness, "60+60", new CostLimit(part, 50, 60));
        _scripted[0].Autopilot = call => Outcome<string>.Answered(call.Request);

        Assert.Equal(fits, await Record.ExceptionAsync(() => harness.SendAsync(then)) is null);
        Assert.Equal(fits ? 2 : 1, _scripted[0].Calls);
    }

    [Theory]
    // We count twice what the target does.
    [InlineData("120+1", 60L, "100+0", true)]
    [InlineData("120+1", 60L, "101+0", false)]
    // We count half of it.
    [InlineData("60+1", 120L, "50+0", true)]
    // It did not say what it counted: so many of ours are too many, and less may fit.
    [InlineData("70+1", null, "69+0", true)]
    [InlineData("70+1", null, "70+0", false)]
    [InlineData("40+1", null, "50+0", true)]
    [InlineData("40+1", null, "51+0", false)]
    public async Task A_told_limit_of_one_part_is_in_the_units_of_the_target(string ours, long? requested, string then, bool fits)
    {
        await using PipelineHarness harness = Build(1);
        await FailAsync(harness, ours, new CostLimit(QuotaDimension.InputTokens, 50, requested));
        _scripted[0].Autopilot = call => Outcome<string>.Answered(call.Request);

        Assert.Equal(fits, await Record.ExceptionAsync(() => harness.SendAsync(then)) is null);
    }

    [Fact]
    public async Task What_was_told_of_prompts_answers_and_both_holds_together_and_the_tightest_of_each()
    {
        await using PipelineHarness harness = Build(1);
        await FailAsync(harness, "90+90", new CostLimit(QuotaDimension.InputTokens, 80, 90));
        await FailAsync(harness, "50+70", new CostLimit(QuotaDimension.OutputTokens, 60, 70));
        await FailAsync(harness, "70+55", new CostLimit(QuotaDimension.Tokens, 120, 125));
        await FailAsync(harness, "50+1", new CostLimit(QuotaDimension.InputTokens, 45, 50));
        _scripted[0].Autopilot = call => Outcome<string>.Answered(call.Request);

        await harness.SendAsync("45+60");
        foreach (string tooLarge in new[] { "46+1", "1+61", "121" })
        {
            await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync(tooLarge));
        }
    }

    [Fact]
    public async Task What_is_too_large_in_one_part_goes_to_another_target_from_then_on()
    {
        await using PipelineHarness harness = Build(2);
        _scripted[1].Autopilot = call => Outcome<string>.Answered(call.Request);
        Task<string> first = harness.SendAsync("60+1");
        (await _scripted[0].NextAsync()).End(TooLarge(new CostLimit(QuotaDimension.InputTokens, 50, 60)));
        await first;

        await harness.SendAsync("55+1");

        Assert.Equal((1, 2), (_scripted[0].Calls, _scripted[1].Calls));
    }

    [Fact]
    public async Task A_limit_on_requests_says_nothing_of_what_one_may_cost()
    {
        await using PipelineHarness harness = Build(1);
        await FailAsync(harness, "60+1", new CostLimit(QuotaDimension.Requests, 50, 60));

        Task<string> answer = harness.SendAsync("60+1");
        (await _scripted[0].NextAsync()).Answer();

        await answer;
    }

    [Fact]
    public async Task Those_that_wait_inside_are_turned_away_as_well()
    {
        await using PipelineHarness harness = Build(1, (_, options) => options.Backpressure.MaxInflight = 1);
        Task<string> first = harness.SendAsync("100");
        Task<string> waits = harness.SendAsync("70");
        Task<string> fits = harness.SendAsync("20");
        await harness.UntilAsync(now => now.Targets[0].Depths.Ready == 2, "two wait");

        (await _scripted[0].NextAsync()).End(TooLarge(limit: 50, requested: 100));
        (await _scripted[0].NextAsync()).Answer();

        await fits;
        await Assert.ThrowsAsync<RequestFailedException>(() => first);
        Assert.Equal("never_fits", (await Assert.ThrowsAsync<RequestRefusedException>(() => waits)).Refusal.Check);
        Assert.Equal(2, _scripted[0].Calls);
    }

    [Fact]
    public async Task Those_that_wait_inside_go_to_another_target_if_there_is_one()
    {
        await using PipelineHarness harness = Build(2, (_, options) => options.Backpressure.MaxInflight = 1);
        _scripted[1].Autopilot = call => Outcome<string>.Answered(call.Request);
        Task<string> first = harness.SendAsync("100");
        Task<string> waits = harness.SendAsync("70");
        await harness.UntilAsync(now => now.Targets[0].Depths.Ready == 1, "one waits");

        (await _scripted[0].NextAsync()).End(TooLarge(limit: 50, requested: 100));

        Assert.Equal(("100", "70"), (await first, await waits));
        Assert.Equal(1, _scripted[0].Calls);
    }

    [Fact]
    public async Task A_limit_of_zero_refuses_everything_there_and_names_the_target()
    {
        await using PipelineHarness harness = Build(1);
        Task<string> answer = harness.SendAsync("1");
        (await _scripted[0].NextAsync()).End(Outcome<string>.Failed(OutcomeKind.Exhausted) with { CostLimit = CostLimit.Nothing });
        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => answer.WithinPatienceAsync("the failure"));

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync("0"));

        Assert.Contains("a allows nothing: it says that its limit is 0.", failure.Message, StringComparison.Ordinal);
        Assert.Equal(("exhausted", "a"), (refused.Refusal.Check, refused.Refusal.Target));
        Assert.Contains("a allows nothing: it says that its limit is 0.", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, _scripted[0].Calls);
    }

    [Fact]
    public async Task A_limit_of_zero_at_one_target_leaves_all_to_the_others()
    {
        await using PipelineHarness harness = Build(2);
        _scripted[0].Autopilot = _ => Outcome<string>.Failed(OutcomeKind.Exhausted) with { CostLimit = CostLimit.Nothing };
        _scripted[1].Autopilot = call => Outcome<string>.Answered(call.Request);

        await harness.SendAsync("1");
        await harness.SendAsync("2");
        await harness.SendAsync("3");

        Assert.Equal((1, 3), (_scripted[0].Calls, _scripted[1].Calls));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_told_is_forgotten_in_an_hour_and_with_new_limits(bool byTime)
    {
        await using PipelineHarness harness = Build(1);
        await LearnAsync(harness, limit: 50, requested: 100);
        harness.Time.Advance(3_599);
        await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync("80"));

        if (byTime)
        {
            harness.Time.Advance(1);
        }
        else
        {
            harness.Pipeline.UpdateLimits("a", limits => limits.RateLimiter.RequestsPerMinute = 1_000);
        }

        Task<string> answer = harness.SendAsync("80");
        (await _scripted[0].NextAsync()).Answer();
        await answer;
    }

    [Fact]
    public async Task A_target_that_is_not_listened_to_teaches_nothing()
    {
        await using PipelineHarness harness = Build(1, (_, options) => options.RateLimiter.LearnsFromAnswers = false);
        await LearnAsync(harness, limit: 50, requested: 100);

        Task<string> answer = harness.SendAsync("100");
        (await _scripted[0].NextAsync()).Answer();
        await answer;
    }

    [Fact]
    public async Task What_is_too_large_takes_no_credits_from_the_others()
    {
        await using PipelineHarness harness = Build(1, Tokens(1_000));

        Task<string> answer = harness.SendAsync("900");
        (await _scripted[0].NextAsync()).End(TooLarge(limit: 500, requested: 900));

        await Assert.ThrowsAsync<RequestFailedException>(() => answer);
        Assert.Equal(1_000, harness.Signals.Targets[0].TokensRemaining);
    }

    [Fact]
    public async Task In_a_pool_it_goes_to_another_member_and_parks_nobody()
    {
        await using PipelineHarness harness = Build(0);
        ScriptedEndpoint a = new("a", _time);
        ScriptedEndpoint b = new("b", _time);
        List<ParkEvent> parks = [];
        RequestPipelineBuilder<string, string> builder = RequestPipeline.CreateBuilder<string, string>().UseEnvironment(static _ => null).UseTimeProvider(_time);
        builder.AddPool("pool", new[] { a, b }.Select(endpoint => new PoolMember<string, string>(endpoint.Id, new PricedEndpoint(endpoint)))).OnMemberParked(parks.Add);
        RequestPipeline<string, string> pipeline = builder.Build();

        Task<string> large = pipeline.SendAsync("100").AsTask();
        (await a.NextAsync()).End(TooLarge(limit: 50, requested: 100));
        (await b.NextAsync()).Answer();
        await large;
        b.Autopilot = call => Outcome<string>.Answered(call.Request);
        a.Autopilot = b.Autopilot;
        for (int request = 0; request < 10; request++)
        {
            await pipeline.SendAsync("100");
            await pipeline.SendAsync("10");
        }

        await pipeline.StopAsync(TimeSpan.Zero);
        Assert.Empty(parks);
        Assert.Equal(1, a.All.Count(call => call.Request == "100"));
        Assert.True(a.All.Count(call => call.Request == "10") > 2);
    }

    private static Outcome<string> TooLarge(long limit, long requested) => TooLarge(new CostLimit(QuotaDimension.Tokens, limit, requested));

    private static Outcome<string> TooLarge(CostLimit limit) => Outcome<string>.Failed(OutcomeKind.TooLarge, new IOException("too large")) with { CostLimit = limit };

    private static Action<int, TargetOptions> Tokens(long perMinute) => (_, options) => options.RateLimiter.TokensPerMinute = perMinute;

    private Task<RequestFailedException> LearnAsync(PipelineHarness harness, long limit, long requested, long ours = 100) =>
        FailAsync(harness, $"{ours}", new CostLimit(QuotaDimension.Tokens, limit, requested));

    private async Task<RequestFailedException> FailAsync(PipelineHarness harness, string request, CostLimit limit)
    {
        Task<string> answer = harness.SendAsync(request);
        (await _scripted[0].NextAsync()).End(TooLarge(limit));
        return await Assert.ThrowsAsync<RequestFailedException>(() => answer.WithinPatienceAsync("the failure"));
    }

    private PipelineHarness Build(int targets, Action<int, TargetOptions>? configure = null)
    {
        PipelineHarness? harness = null;
        harness = new PipelineHarness(targets: targets == 0 ? 1 : 0, builder: build =>
        {
            for (int index = 0; index < targets; index++)
            {
                int place = index;
                ScriptedEndpoint endpoint = new(PipelineHarness.NameOf(index), _time);
                PricedEndpoint priced = new(endpoint);
                _scripted.Add(endpoint);
                _priced.Add(priced);
                build.AddTarget(endpoint.Id, priced, options =>
                {
                    options.Retry.Jitter = Dataflow.Recovery.Jitter.None;
                    configure?.Invoke(place, options);
                });
            }
        });
        harness.Endpoints.AddRange(_scripted);
        return harness;
    }
}
