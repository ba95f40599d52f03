using System.Diagnostics;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class SendTests
{
    [Fact]
    public async Task A_request_is_answered_once()
    {
        await using PipelineHarness harness = new();

        Task<string> answer = harness.SendAsync("q");
        (await harness.Endpoint.NextAsync()).Answer("a");

        Assert.Equal("a", await answer);
        Assert.Equal(1, harness.Endpoint.Calls);
        Assert.Equal(1, harness.Signals.Answered);
    }

    [Fact]
    public async Task A_failure_is_thrown_with_the_last_attempts_own_error_inside()
    {
        await using PipelineHarness harness = new();
        InvalidDataException error = new("the body is no JSON");

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Fail(OutcomeKind.Rejected, error: error);

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => answer);
        Assert.Same(error, failure.InnerException);
        Assert.Equal((OutcomeKind.Rejected, "a", 1), (failure.Kind, failure.Target, failure.Attempts));
    }

    [Fact]
    public async Task TrySend_gives_a_failure_as_a_value_with_all_about_it()
    {
        await using PipelineHarness harness = new();

        Task<Settled<string, string>> settling = harness.TrySendAsync("q");
        (await harness.Endpoint.NextAsync()).Fail(OutcomeKind.Rejected);
        Settled<string, string> settled = await settling;

        Assert.False(settled.IsAnswered);
        Assert.Equal(("q", "a", 1, OutcomeKind.Rejected), (settled.Request, settled.Target, settled.Attempts, settled.Outcome.Kind));
    }

    [Fact]
    public async Task What_an_endpoint_throws_is_classified_and_never_lost()
    {
        await using PipelineHarness harness = new();
        NotSupportedException error = new("a bug");

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Throw(error);

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => answer);
        Assert.Same(error, failure.InnerException);
        Assert.Equal(OutcomeKind.Rejected, failure.Kind);
    }

    [Fact]
    public async Task What_an_endpoint_throws_before_its_first_await_is_classified_too()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.Retry.MaxRetries = 0);
        harness.Endpoint.OnCall = _ => throw new TimeoutException("at once");

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => harness.SendAsync());

        Assert.Equal(OutcomeKind.TimedOut, failure.Kind);
    }

    [Fact]
    public async Task Activity_and_async_locals_of_the_caller_flow_into_the_endpoint_also_into_a_retry()
    {
        await using PipelineHarness harness = new();
        List<string?> seen = [];
        AsyncLocal<string> tenant = new();
        harness.Endpoint.OnCall = _ =>
        {
            lock (seen)
            {
                seen.Add($"{Activity.Current?.OperationName}/{tenant.Value}");
            }
        };

        Task<string> answer;
        using (Activity activity = new Activity("call").Start())
        {
            tenant.Value = "tenant 7";
            answer = harness.SendAsync();
        }

        tenant.Value = "another";
        (await harness.Endpoint.NextAsync()).Fail();
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(1);
        (await harness.Endpoint.NextAsync()).Answer();
        await answer;

        Assert.Equal(["call/tenant 7", "call/tenant 7"], seen);
    }

    [Fact]
    public async Task Reclassify_may_turn_an_answer_into_a_failure_that_is_retried()
    {
        await using PipelineHarness harness = new(builder: build => build.Reclassify(outcome =>
            outcome.Response == "sorry" ? Outcome<string>.Failed(OutcomeKind.Overloaded) : outcome));

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Answer("sorry");
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(1);
        (await harness.Endpoint.NextAsync()).Answer("well");

        Assert.Equal("well", await answer);
    }

    [Fact]
    public async Task A_reclassifier_that_throws_changes_nothing()
    {
        await using PipelineHarness harness = new(builder: build => build.Reclassify(_ => throw new InvalidOperationException()));

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Answer("a");

        Assert.Equal("a", await answer);
    }

    [Fact]
    public async Task A_classifier_that_throws_makes_the_error_final()
    {
        await using PipelineHarness harness = new(builder: build => build.UseClassifier(new ThrowingClassifier()));

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Throw(new TimeoutException());

        Assert.Equal(OutcomeKind.Rejected, (await Assert.ThrowsAsync<RequestFailedException>(() => answer)).Kind);
    }

    [Fact]
    public async Task An_outcome_of_no_known_kind_is_settled_as_a_failure()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.Retry.MaxRetries = 0);

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).End(Outcome<string>.Answered("?") with { Kind = (OutcomeKind)42 });

        await Assert.ThrowsAsync<RequestFailedException>(() => answer.WithinPatienceAsync("the end of the request"));
    }

    [Fact]
    public async Task A_negative_cost_is_refused_at_the_edge_and_harms_nobody()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.RateLimiter.TokensPerMinute = 1000);

        Exception? error = await Record.ExceptionAsync(() => harness.SendAsync("bad", new RequestOptions { Cost = -1 }).WithinPatienceAsync("a refusal"));
        Task<string> next = harness.SendAsync("good");
        (await harness.Endpoint.NextAsync()).Answer();

        Assert.True(error is ArgumentOutOfRangeException or RequestRefusedException, error?.ToString());
        Assert.NotNull(await next);
    }

    [Fact]
    public async Task A_cost_that_never_fits_is_refused_at_once_with_what_to_change()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.RateLimiter.TokensPerMinute = 1000);

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(
            () => harness.SendAsync("q", new RequestOptions { Cost = 1001 }));

        Assert.Equal("never_fits", refused.Refusal.Check);
        Assert.Contains("1001", refused.Message, StringComparison.Ordinal);
        Assert.Contains("RateLimiter.TokenBurst", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, harness.Signals.Refused);
        Assert.Single(harness.Rejections);
    }

    [Fact]
    public async Task A_cost_that_fits_only_elsewhere_starts_there()
    {
        await using PipelineHarness harness = new(targets: 2, target: (index, options) => options.RateLimiter.TokensPerMinute = index == 0 ? 100 : 10_000);

        Task<string> answer = harness.SendAsync("q", new RequestOptions { Cost = 5000 });
        (await harness.Endpoints[1].NextAsync()).Answer();

        await answer;
        Assert.Equal(0, harness.Endpoints[0].Calls);
    }

    [Fact]
    public async Task A_users_check_refuses_by_its_own_name_and_one_that_throws_refuses_that_request_only()
    {
        await using PipelineHarness harness = new(builder: build => build
            .AddPreflightCheck((request, _) => request == "long" ? new Refusal("size", "too long.") : null)
            .AddPreflightCheck((request, _) => request == "bug" ? throw new InvalidOperationException("oops") : null));

        RequestRefusedException size = await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync("long"));
        RequestRefusedException bug = await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync("bug"));
        Task<string> answer = harness.SendAsync("fine");
        (await harness.Endpoint.NextAsync()).Answer();
        await answer;

        Assert.Equal("size", size.Refusal.Check);
        Assert.Equal("preflight", bug.Refusal.Check);
        Assert.Contains("oops", bug.Message, StringComparison.Ordinal);
        Assert.Equal(["size", "preflight"], harness.Rejections.Select(rejection => rejection.Refusal.Check).ToArray());
    }

    [Fact]
    public async Task A_route_says_where_a_request_starts_and_its_own_wish_goes_before_it()
    {
        await using PipelineHarness harness = new(targets: 3, builder: build => build.UseRoute(request => request == "routed" ? "b" : null));

        Task<string> routed = harness.SendAsync("routed");
        (await harness.Endpoints[1].NextAsync()).Answer();
        Task<string> own = harness.SendAsync("routed", new RequestOptions { Target = "c" });
        (await harness.Endpoints[2].NextAsync()).Answer();
        Task<string> usual = harness.SendAsync("other");
        (await harness.Endpoints[0].NextAsync()).Answer();

        await Task.WhenAll(routed, own, usual);
    }

    [Fact]
    public async Task An_unknown_target_is_an_error_that_names_the_known_ones()
    {
        await using PipelineHarness harness = new(targets: 2);

        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(
            async () => await harness.SendAsync("q", new RequestOptions { Target = "zzz" }));

        Assert.Contains("'zzz'", error.Message, StringComparison.Ordinal);
        Assert.Contains("a, b", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_thousand_requests_use_few_slots_again_and_again()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.Slots = 4;
            options.Backpressure.MaxInflight = 2;
        });
        harness.Endpoint.Autopilot = call => Outcome<string>.Answered(call.Request);

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(n => harness.SendAsync($"{n}"))).WithinPatienceAsync("1,000 answers");

        Assert.Equal(string.Join(' ', Enumerable.Range(0, 1000)), string.Join(' ', answers));
        Assert.Equal(1000, harness.Signals.Answered);
    }

    [Fact]
    public async Task The_door_lets_in_as_many_as_there_are_slots_and_first_come_is_first_served()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.Slots = 2;
            options.Backpressure.MaxInflight = 1;
        });

        Task<string>[] tasks = [.. Enumerable.Range(0, 4).Select(n => harness.SendAsync($"{n}"))];
        await harness.UntilAsync(now => now.Depths.Door == 2, "two wait at the door");
        Assert.Equal(2, harness.Signals.Admitted);
        List<string> order = [];
        for (int n = 0; n < 4; n++)
        {
            ScriptedCall call = await harness.Endpoint.NextAsync();
            order.Add(call.Request);
            call.Answer();
        }

        await Task.WhenAll(tasks);
        Assert.Equal(["0", "1", "2", "3"], order);
    }

    [Fact]
    public async Task An_inline_lane_answers_as_a_queued_one_does()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.DispatchInline = true);
        harness.Endpoint.Autopilot = call => call.Attempt.Attempt == 1 ? Outcome<string>.Failed(OutcomeKind.Failed) : Outcome<string>.Answered("a");

        Task<string> answer = harness.SendAsync();
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(1);

        Assert.Equal("a", await answer.WithinPatienceAsync("the answer"));
    }

    private sealed class ThrowingClassifier : OutcomeClassifier
    {
        public override OutcomeKind Classify(Exception exception) => throw new InvalidOperationException();
    }

    [Fact]
    public async Task An_answer_cannot_be_taken_twice()
    {
        await using PipelineHarness harness = new();
        harness.Endpoint.Autopilot = call => Outcome<string>.Answered(call.Request);
        ValueTask<string> call = harness.Pipeline.SendAsync("one");
        await harness.UntilAsync(now => now.Answered == 1, "the answer");
        Assert.Equal("one", await call);

        // The object behind it serves another caller by now, or may at any time.
        ValueTask<string> other = harness.Pipeline.SendAsync("two");
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await call);

        Assert.Equal("two", await other);
    }
}
