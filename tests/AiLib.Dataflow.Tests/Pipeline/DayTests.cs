using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Tests.Pipeline;

/// <summary>A quota of a day that is used up makes its target unavailable.</summary>
public sealed class DayTests
{
    private static PipelineHarness OneADay(int targets = 1, Action<TargetOptions>? more = null) => new(targets, (index, options) =>
    {
        options.RateLimiter.RequestsPerDay = index == 0 ? 1 : null;
        more?.Invoke(options);
    });

    // It shows once time passes: a moment, too short for any of the limits here to matter.
    private static Task UntilBoundByAsync(PipelineHarness harness, Constraint constraint) => harness.UntilAsync(
        now =>
        {
            harness.Time.Advance(0.000_01);
            return now.Targets[0].Constraints[constraint] > TimeSpan.Zero;
        },
        $"waiting for {constraint}");

    private static Outcome<string> Yes(ScriptedCall call) => Outcome<string>.Answered("yes");

    [Fact]
    public async Task Another_target_takes_what_the_day_of_the_first_does_not_allow()
    {
        await using PipelineHarness harness = OneADay(targets: 2);
        harness.Endpoints.ForEach(endpoint => endpoint.Autopilot = call => Yes(call));

        for (int request = 0; request < 5; request++)
        {
            Assert.Equal("yes", await harness.SendAsync().WithinPatienceAsync("an answer"));
        }

        Assert.Equal((1, 4), (harness.Endpoints[0].Calls, harness.Endpoints[1].Calls));
        Assert.Equal(TimeSpan.FromHours(1), harness.Signals.Targets[0].CooledFor);
        RedirectEvent first = harness.Redirects.First();
        Assert.Equal(("a", "b", null), (first.From, first.To, first.Cause));
    }

    [Fact]
    public async Task A_call_that_has_no_other_target_is_refused_with_the_time_and_later_ones_at_once()
    {
        await using PipelineHarness harness = OneADay();
        harness.Endpoint.Autopilot = call => Yes(call);
        await harness.SendAsync();

        RequestRefusedException inside = await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync().WithinPatienceAsync("a refusal"));
        RequestRefusedException outside = await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync().WithinPatienceAsync("a refusal at the door"));

        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromHours(1)), (inside.Refusal.RetryAfter, outside.Refusal.RetryAfter));
    }

    [Fact]
    public async Task A_held_request_goes_when_other_limits_allow_it()
    {
        await using PipelineHarness harness = OneADay();
        harness.Endpoint.Autopilot = call => Yes(call);
        await harness.SendAsync();
        Task<string> held = harness.SendAsync(options: new RequestOptions { WhenUnavailable = Unavailability.Hold });
        await harness.UntilAsync(now => now.Targets[0].CooledFor > TimeSpan.Zero, "a day that is used up");
        await UntilBoundByAsync(harness, Constraint.RequestCredits);

        harness.Pipeline.UpdateLimits("a", limits => limits.RateLimiter.RequestsPerDay = null);

        Assert.Equal("yes", await held.WithinPatienceAsync("the answer"));
        Assert.Equal(TimeSpan.Zero, harness.Signals.Targets[0].CooledFor);
    }

    [Fact]
    public async Task A_change_of_limits_does_not_take_back_what_the_target_asked_for()
    {
        await using PipelineHarness harness = OneADay(more: options => options.Retry.MaxRetries = 0);
        Task<Settled<string, string>> first = harness.TrySendAsync();
        (await harness.Endpoint.NextAsync()).Throttle(TimeSpan.FromMinutes(10));
        await first.WithinPatienceAsync("the failure");

        harness.Pipeline.UpdateLimits("a", limits => limits.RateLimiter.RequestsPerDay = 10);

        Assert.Equal(TimeSpan.FromMinutes(10), harness.Signals.Targets[0].CooledFor);
    }

    [Fact]
    public async Task Tokens_that_may_come_back_are_waited_for()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.RateLimiter.TokensPerDay = 1_000);
        Task<string> first = harness.SendAsync("first", new RequestOptions { TokenCost = new TokenCost(100, 800) });
        ScriptedCall call = await harness.Endpoint.NextAsync();
        Task<string> second = harness.SendAsync("second", new RequestOptions { TokenCost = new TokenCost(100, 800) });
        await UntilBoundByAsync(harness, Constraint.TokenCredits);
        Assert.Equal(TimeSpan.Zero, harness.Signals.Targets[0].CooledFor);

        call.End(Outcome<string>.Answered("yes") with { TokenCost = new TokenCost(50, 10) });

        (await harness.Endpoint.NextAsync()).Answer("yes");
        Assert.Equal("yes", await second.WithinPatienceAsync("the second answer"));
        await first;
    }

    [Fact]
    public async Task Input_and_output_are_reserved_settled_and_shown_apart()
    {
        await using PipelineHarness harness = new(
            target: (_, options) => (options.RateLimiter.InputTokensPerMinute, options.RateLimiter.OutputTokensPerMinute) = (6_000, 600),
            builder: build => build.UseCost(static request => new TokenCost(100, 600)));
        Task<string> first = harness.SendAsync();
        ScriptedCall call = await harness.Endpoint.NextAsync();
        Assert.Equal((5_900L, 0L), (harness.Signals.Targets[0].InputTokensRemaining, harness.Signals.Targets[0].OutputTokensRemaining));
        Task<string> second = harness.SendAsync();
        await UntilBoundByAsync(harness, Constraint.TokenCredits);

        // The second one needs all of the output, and ten tokens were used.
        call.End(Outcome<string>.Answered("yes") with { TokenCost = new TokenCost(150, 10) });
        await first;
        Assert.Equal((5_850L, 590L), (harness.Signals.Targets[0].InputTokensRemaining, harness.Signals.Targets[0].OutputTokensRemaining));
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(1));
        harness.Time.Advance(1);

        (await harness.Endpoint.NextAsync()).Answer("yes");
        await second.WithinPatienceAsync("the second answer");
    }

    [Fact]
    public async Task What_an_answer_tells_of_input_and_output_is_in_force_for_the_next()
    {
        TimeSpan minute = TimeSpan.FromMinutes(1);
        await using PipelineHarness harness = new();
        Task<string> first = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).End(Outcome<string>.Answered("yes") with
        {
            TokenCost = new TokenCost(100, 10),
            Readings = new[] { new QuotaReading(QuotaDimension.InputTokens, minute, 50_000, 49_000, null), new QuotaReading(QuotaDimension.OutputTokens, minute, 8_000, 7_000, null) },
        });
        await first;

        Assert.Equal((49_000L, 7_000L), (harness.Signals.Targets[0].InputTokensRemaining, harness.Signals.Targets[0].OutputTokensRemaining));
    }

    [Fact]
    public async Task A_request_too_long_for_one_part_is_refused_and_one_that_fits_in_parts_is_not()
    {
        await using PipelineHarness harness = new(target: (_, options) => (options.RateLimiter.InputTokensPerMinute, options.RateLimiter.OutputTokensPerMinute) = (6_000, 600));
        harness.Endpoint.Autopilot = call => Yes(call);

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(
            () => harness.SendAsync(options: new RequestOptions { TokenCost = new TokenCost(10, 601) }));

        Assert.Equal("never_fits", refused.Refusal.Check);
        Assert.Equal("yes", await harness.SendAsync(options: new RequestOptions { TokenCost = new TokenCost(6_000, 600) }));
    }
}
