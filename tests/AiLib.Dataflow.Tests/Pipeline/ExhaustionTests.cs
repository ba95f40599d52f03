namespace AiLib.Dataflow.Tests.Pipeline;

/// <summary>A wait that is longer than is waited for means that a target is exhausted: which one, for how long, and what to do are said, in words and as values.</summary>
public sealed class ExhaustionTests
{
    [Fact]
    [Trait("Fault", "P19")]
    public async Task A_wait_beyond_the_cap_is_exhaustion_and_says_target_wait_and_what_to_do()
    {
        await using PipelineHarness harness = new();

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Throttle(TimeSpan.FromHours(10));

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => answer.WithinPatienceAsync("the failure"));
        Assert.Equal((OutcomeKind.Exhausted, "a", TimeSpan.FromHours(10)), (failure.Kind, failure.Target, failure.RetryAfter));
        Assert.EndsWith(
            "a is exhausted: it asks to be left alone for 10 h, longer than Retry.MaxServerDelay (2 min), and no other target is left; "
            + "send the request again after that, or add a target.", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OutcomeKind.Throttled, OutcomeKind.Exhausted)]
    [InlineData(OutcomeKind.Overloaded, OutcomeKind.Exhausted)]
    [InlineData(OutcomeKind.Failed, OutcomeKind.Exhausted)]
    [InlineData(OutcomeKind.Exhausted, OutcomeKind.Exhausted)]
    // Only the same target can resolve it, so it is not a matter of another target or key.
    [InlineData(OutcomeKind.Conflicted, OutcomeKind.Conflicted)]
    public async Task Whoever_asks_for_too_long_a_wait_is_exhausted_whatever_the_failure(OutcomeKind kind, OutcomeKind settled)
    {
        await using PipelineHarness harness = new();

        Task<Settled<string, string>> answer = harness.TrySendAsync();
        (await harness.Endpoint.NextAsync()).Fail(kind, TimeSpan.FromHours(3));

        Settled<string, string> end = await answer.WithinPatienceAsync("the failure");
        Assert.Equal((settled, "a", TimeSpan.FromHours(3)), (end.Outcome.Kind, end.Target, end.Outcome.RetryAfter));
        Assert.Contains(settled == OutcomeKind.Conflicted ? "a wait of 3 h" : "left alone for 3 h", end.Outcome.Reason, StringComparison.Ordinal);

        // What the target did is counted as what it was.
        Assert.Equal(1, harness.Signals.Targets[0].Outcomes[kind]);
    }

    [Fact]
    public async Task An_exhausted_target_that_tells_no_time_gives_none()
    {
        await using PipelineHarness harness = new();

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Fail(OutcomeKind.Exhausted);

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => answer.WithinPatienceAsync("the failure"));
        Assert.Equal((OutcomeKind.Exhausted, null), (failure.Kind, failure.RetryAfter));
    }

    [Fact]
    public async Task A_wait_beyond_the_cap_goes_to_another_target()
    {
        await using PipelineHarness harness = new(targets: 2);

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoints[0].NextAsync()).Throttle(TimeSpan.FromHours(10));
        (await harness.Endpoints[1].NextAsync()).Answer();

        await answer;
        Assert.Equal(("a", "b", OutcomeKind.Throttled), harness.Redirects.Select(redirect => (redirect.From, redirect.To, redirect.Cause!.Value)).Single());
    }

    [Fact]
    public async Task A_refusal_names_the_target_that_asked_to_be_left_alone()
    {
        await using PipelineHarness harness = new(targets: 2);
        foreach ((int index, double hours) in new[] { (0, 0.75), (1, 0.5) })
        {
            string target = PipelineHarness.NameOf(index);
            Task<string> failing = harness.SendAsync("cool", new RequestOptions { Target = target, StaysOnTarget = true });
            (await harness.Endpoints[index].NextAsync()).Throttle(TimeSpan.FromHours(hours));
            await Assert.ThrowsAsync<RequestFailedException>(() => failing);
        }

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync());

        Assert.Equal(("unavailable", "b", TimeSpan.FromHours(0.5)), (refused.Refusal.Check, refused.Refusal.Target, refused.RetryAfter));
        Assert.Contains("b has asked to be left alone. Try again in 30 min.", refused.Message, StringComparison.Ordinal);
    }
}
