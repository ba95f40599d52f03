namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class DeadlineTests
{
    private static RequestOptions Within(double seconds) => new() { Deadline = TimeSpan.FromSeconds(seconds) };

    [Fact]
    public async Task A_request_that_cannot_be_answered_in_time_fails_at_its_deadline_and_its_attempt_is_cancelled()
    {
        await using PipelineHarness harness = new();

        Task<string> answer = harness.SendAsync("q", Within(5));
        ScriptedCall call = await harness.Endpoint.NextAsync();
        harness.Time.Advance(4.999);
        Assert.False(answer.IsCompleted);
        harness.Time.Advance(0.001);

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => answer.WithinPatienceAsync("the deadline"));
        Assert.Equal(OutcomeKind.TimedOut, failure.Kind);
        await call.UntilCancelledAsync();
    }

    [Fact]
    public async Task A_deadline_that_passes_in_flight_says_where_the_request_was_and_how_often_it_was_tried()
    {
        await using PipelineHarness harness = new();

        Task<Settled<string, string>> settling = harness.TrySendAsync("q", Within(5));
        await harness.Endpoint.NextAsync();
        harness.Time.Advance(5);
        Settled<string, string> settled = await settling.WithinPatienceAsync("the deadline");

        Assert.Equal(("a", 1), (settled.Target, settled.Attempts));
        Assert.Equal(TimeSpan.FromSeconds(5), settled.Elapsed);
    }

    [Fact]
    public async Task A_retry_that_could_only_begin_after_the_deadline_is_not_waited_for()
    {
        await using PipelineHarness harness = new();

        Task<string> answer = harness.SendAsync("q", Within(5));
        (await harness.Endpoint.NextAsync()).Throttle(TimeSpan.FromSeconds(10));

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => answer.WithinPatienceAsync("the failure"));
        Assert.Contains("deadline", failure.Message, StringComparison.Ordinal);
        Assert.Equal(OutcomeKind.Throttled, failure.Kind);
        Assert.Equal(TimeSpan.Zero, harness.Time.Elapsed);
    }

    [Fact]
    public async Task A_retry_that_could_only_begin_after_the_deadline_goes_elsewhere_instead()
    {
        await using PipelineHarness harness = new(targets: 2);

        Task<string> answer = harness.SendAsync("q", Within(5));
        (await harness.Endpoints[0].NextAsync()).Throttle(TimeSpan.FromSeconds(10));
        (await harness.Endpoints[1].NextAsync()).Answer();

        await answer;
    }

    [Fact]
    public async Task A_caller_who_waits_at_the_door_is_refused_at_the_deadline()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.Slots = 1;
            options.Backpressure.MaxInflight = 1;
        });
        Task<string> inside = harness.SendAsync();
        ScriptedCall call = await harness.Endpoint.NextAsync();

        Task<string> outside = harness.SendAsync("late", Within(5));
        await harness.UntilAsync(now => now.Depths.Door == 1, "one waits at the door");
        harness.Time.Advance(5);

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() => outside.WithinPatienceAsync("the refusal"));
        Assert.Equal("deadline", refused.Refusal.Check);
        call.Answer();
        await inside;
    }

    [Fact]
    public async Task No_attempt_starts_after_the_deadline()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.RateLimiter.RequestsPerSecond = 0.1);
        int slots = harness.FreeSlots();
        Task<string> first = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Answer();
        await first;

        Task<string> late = harness.SendAsync("late", Within(5));
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(5));
        harness.Time.Advance(20);

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => late.WithinPatienceAsync("the deadline"));
        Assert.Equal(OutcomeKind.TimedOut, failure.Kind);
        await Patience.UntilAsync(() => harness.FreeSlots() == slots, "the slot's way home", () => harness.FreeSlots());
        Assert.Equal(1, harness.Endpoint.Calls);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_deadline_that_leaves_no_time_is_refused_at_once(double seconds)
    {
        await using PipelineHarness harness = new();

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync("q", Within(seconds)));

        Assert.Equal("deadline", refused.Refusal.Check);
        Assert.Equal(0, harness.Endpoint.Calls);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(10_000_000)]
    public async Task A_deadline_in_the_far_future_is_no_error(double days)
    {
        await using PipelineHarness harness = new();
        RequestOptions options = new() { Deadline = TimeSpan.FromDays(days) };

        Task<Settled<string, string>> settling = harness.TrySendAsync("q", options);
        Task arrived = harness.Endpoint.NextAsync().ContinueWith(call => call.Result.Answer(), TaskScheduler.Default);
        await Task.WhenAny(arrived, settling);

        Assert.True((await settling).IsAnswered);
    }
}
