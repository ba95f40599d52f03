using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Recovery;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class RecoveryTests
{
    [Fact]
    [Trait("Fault", "P1")]
    public async Task Every_attempt_pays_a_credit_a_retry_too()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.RateLimiter.RequestsPerSecond = 0.1;
            options.Retry.InitialDelay = TimeSpan.Zero;
        });

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Fail();
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(0.001);
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(10));
        harness.Time.Advance(9.9);
        Assert.Equal(1, harness.Endpoint.Calls);
        harness.Time.Advance(0.1);
        ScriptedCall second = await harness.Endpoint.NextAsync();
        second.Answer();

        await answer;
        Assert.True(second.At >= TimeSpan.FromSeconds(10), $"{second.At}");
    }

    [Fact]
    [Trait("Fault", "P2")]
    public async Task A_waiting_retry_holds_no_permit()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.Backpressure.MaxInflight = 1);

        Task<string> first = harness.SendAsync("first");
        (await harness.Endpoint.NextAsync()).Fail();
        await harness.UntilRetriesAsync(1);
        Task<string> second = harness.SendAsync("second");
        ScriptedCall call = await harness.Endpoint.NextAsync();

        Assert.Equal("second", call.Request);
        Assert.Equal(1, harness.Signals.Depths.Delayed);
        call.Answer();
        await second;
        harness.Time.Advance(1);
        (await harness.Endpoint.NextAsync()).Answer();
        await first;
    }

    [Fact]
    [Trait("Fault", "P3")]
    public async Task A_request_that_waits_for_a_credit_holds_no_permit()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.RateLimiter.RequestsPerSecond = 1;
            options.Backpressure.MaxInflight = 3;
        });

        Task<string>[] tasks = [.. Enumerable.Range(0, 3).Select(n => harness.SendAsync($"{n}"))];
        (await harness.Endpoint.NextAsync()).Answer();
        await harness.UntilAsync(now => now.Depths.Ready == 2 && now.CurrentInflight == 0, "two wait for credits and hold nothing");
        await harness.AdvanceUntilAsync(tasks[0]);
        Task answering = AnswerAsync(harness, 2);
        await harness.AdvanceUntilAsync(answering);

        await Task.WhenAll(tasks);
    }

    [Fact]
    [Trait("Fault", "P4")]
    public async Task The_breaker_counts_attempts_and_not_retry_loops()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.CircuitBreaker.FailureThreshold = 3;
            options.Retry.MaxRetries = 10;
        });

        Task<string> answer = harness.SendAsync();
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            (await harness.Endpoint.NextAsync()).Fail();
            await harness.UntilRetriesAsync(attempt);
            harness.Time.Advance(Math.Pow(2, attempt - 1));
        }

        Assert.Equal(CircuitState.Open, harness.Signals.CircuitState);
        Assert.Equal(3, harness.Endpoint.Calls);
        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() => answer);
        Assert.Equal("circuit", refused.Refusal.Check);
        Assert.IsType<IOException>(refused.InnerException);
    }

    [Fact]
    [Trait("Fault", "P19")]
    public async Task A_retry_waits_for_retry_after_and_never_comes_before()
    {
        await using PipelineHarness harness = new();

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Throttle(TimeSpan.FromSeconds(7));
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(6.999);
        Assert.Equal(0, harness.Endpoint.Unseen);
        harness.Time.Advance(0.702);
        ScriptedCall second = await harness.Endpoint.NextAsync();
        second.Answer();

        await answer;
        Assert.InRange(second.At, TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7.71));
        Assert.InRange(harness.Retries.Single().Delay, TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7.7));
    }

    [Fact]
    [Trait("Fault", "P19")]
    public async Task A_wait_beyond_the_cap_is_not_slept_through_and_cools_the_target()
    {
        await using PipelineHarness harness = new();

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Throttle(TimeSpan.FromDays(1));

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => answer.WithinPatienceAsync("the failure"));
        Assert.Contains("Retry.MaxServerDelay", failure.Message, StringComparison.Ordinal);

        // A server must not be able to switch a target off for longer than an hour.
        Assert.Equal(TimeSpan.FromHours(1), harness.Signals.Targets[0].CooledFor);
        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync());
        Assert.Equal(TimeSpan.FromHours(1), refused.Refusal.RetryAfter);
        harness.Time.Advance(3600);
        Task<string> next = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Answer();
        await next;
    }

    [Fact]
    [Trait("Fault", "P21")]
    public async Task Connection_errors_and_timeouts_are_retried()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.Retry.InitialDelay = TimeSpan.FromSeconds(1));

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Throw(new HttpRequestException("connection refused"));
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(1);
        (await harness.Endpoint.NextAsync()).Throw(new TimeoutException());
        await harness.UntilRetriesAsync(2);
        harness.Time.Advance(2);
        (await harness.Endpoint.NextAsync()).Throw(new System.Net.Sockets.SocketException());
        await harness.UntilRetriesAsync(3);
        harness.Time.Advance(4);
        (await harness.Endpoint.NextAsync()).Answer();

        await answer;
        Assert.Equal([OutcomeKind.Failed, OutcomeKind.TimedOut, OutcomeKind.Failed], harness.Retries.Select(retry => retry.Outcome));
    }

    [Fact]
    [Trait("Fault", "P22")]
    public async Task An_exhausted_quota_is_not_retried_at_the_same_target()
    {
        await using PipelineHarness harness = new();

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Fail(OutcomeKind.Exhausted);

        await Assert.ThrowsAsync<RequestFailedException>(() => answer.WithinPatienceAsync("the failure"));
        Assert.Equal(1, harness.Endpoint.Calls);
    }

    [Fact]
    public async Task Attempts_end_with_the_last_permitted_one_and_the_original_error()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.Retry.MaxRetries = 2);

        Task<string> answer = harness.SendAsync();
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            (await harness.Endpoint.NextAsync()).Fail(error: new IOException($"number {attempt}"));
            if (attempt < 3)
            {
                await harness.UntilRetriesAsync(attempt);
                harness.Time.Advance(attempt);
            }
        }

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => answer);
        Assert.Equal("number 3", failure.InnerException!.Message);
        Assert.Equal(3, failure.Attempts);
        Assert.Equal(2, harness.Signals.Retries);
    }

    [Fact]
    public async Task A_due_retry_goes_before_new_work_and_behind_it_when_it_asks_so()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.Backpressure.MaxInflight = 1);

        Task<string> before = harness.SendAsync("before");
        (await harness.Endpoint.NextAsync()).Fail();
        await harness.UntilRetriesAsync(1);
        Task<string> behind = harness.SendAsync("behind", new RequestOptions { RetryPriority = RetryPriority.BehindNewWork });
        (await harness.Endpoint.NextAsync()).Fail();
        await harness.UntilRetriesAsync(2);
        Task<string> running = harness.SendAsync("running");
        ScriptedCall blocker = await harness.Endpoint.NextAsync();
        Task<string> fresh = harness.SendAsync("fresh");
        harness.Time.Advance(1);
        await harness.UntilAsync(now => now.Depths.Ready == 3, "three are ready");
        blocker.Answer();

        List<string> order = [];
        for (int n = 0; n < 3; n++)
        {
            ScriptedCall call = await harness.Endpoint.NextAsync();
            order.Add(call.Request);
            call.Answer();
        }

        await Task.WhenAll(before, behind, running, fresh);
        Assert.Equal(["before", "fresh", "behind"], order);
    }

    [Fact]
    public async Task A_thousand_waiting_retries_share_one_timer()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.Retry.Budget = Dataflow.Recovery.RetryBudgetUse.None;
            options.Backpressure.MaxInflight = 0;
            options.CircuitBreaker.FailureThreshold = 0;
            options.CircuitBreaker.FailureRatio = 0;
        });
        harness.Endpoint.Autopilot = call => call.Attempt.Attempt == 1 ? Outcome<string>.Failed(OutcomeKind.Failed) : Outcome<string>.Answered("a");
        int timers = harness.Time.Timers;

        Task<string>[] tasks = [.. Enumerable.Range(0, 1000).Select(n => harness.SendAsync($"{n}"))];
        await harness.UntilRetriesAsync(1000);
        await harness.UntilAsync(now => now.Depths.Delayed == 1000, "a thousand waits");

        Assert.Equal(timers, harness.Time.Timers);
        harness.Time.Advance(1);
        await Task.WhenAll(tasks).WithinPatienceAsync("1,000 answers");
    }

    [Fact]
    public async Task The_jitter_of_a_seeded_pipeline_repeats()
    {
        static async Task<List<TimeSpan>> DelaysAsync()
        {
            await using PipelineHarness harness = new(target: (_, options) => options.Retry.Jitter = Jitter.Full);
            Task<string> answer = harness.SendAsync();
            for (int attempt = 1; attempt <= 3; attempt++)
            {
                (await harness.Endpoint.NextAsync()).Fail();
                await harness.UntilRetriesAsync(attempt);
                harness.Time.Advance(10);
            }

            (await harness.Endpoint.NextAsync()).Answer();
            await answer;
            return [.. harness.Retries.Select(retry => retry.Delay)];
        }

        List<TimeSpan> first = await DelaysAsync();
        List<TimeSpan> second = await DelaysAsync();

        Assert.Equal(first, second);
        Assert.Equal(3, first.Distinct().Count());
    }

    internal static async Task AnswerAsync(PipelineHarness harness, int count)
    {
        for (int n = 0; n < count; n++)
        {
            (await harness.Endpoint.NextAsync()).Answer();
        }
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public async Task Calls_beyond_the_retry_budget_fail_with_their_own_error_and_the_reason()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.Retry.BudgetShare = 0;
            options.Retry.BudgetReserve = 1;
            options.CircuitBreaker.FailureThreshold = 0;
        });
        Task<Settled<string, string>> first = harness.TrySendAsync("one");
        InvalidOperationException error = new("down");
        (await harness.Endpoint.NextAsync()).Fail(error: error);
        await harness.UntilRetriesAsync(1);
        Task<Settled<string, string>> second = harness.TrySendAsync("two");
        (await harness.Endpoint.NextAsync()).Fail(error: error);

        Settled<string, string> refused = await second.WithinPatienceAsync("the end of the second");
        Assert.Equal((OutcomeKind.Failed, error, 1), (refused.Outcome.Kind, refused.Outcome.Error, refused.Attempts));
        Assert.Contains("retry budget of a is spent", refused.Outcome.Reason, StringComparison.Ordinal);
        Assert.Equal(1, harness.Signals.Targets[0].RetriesOverBudget);

        harness.Time.Advance(1);
        (await harness.Endpoint.NextAsync()).Answer("yes");
        Assert.True((await first.WithinPatienceAsync("the first")).IsAnswered);
    }

    [Fact]
    public async Task Beyond_the_retry_budget_another_target_is_asked_if_there_is_one()
    {
        await using PipelineHarness harness = new(targets: 2, target: (_, options) => options.Retry.BudgetReserve = 0);
        Task<Settled<string, string>> request = harness.TrySendAsync();
        (await harness.Endpoint.NextAsync()).Fail();
        (await harness.Endpoints[1].NextAsync()).Answer("yes");

        Assert.Equal("b", (await request.WithinPatienceAsync("the answer")).Target);
    }

    [Fact]
    public async Task A_stream_retries_without_a_budget()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.Retry.BudgetReserve = 0;
            options.Retry.InitialDelay = TimeSpan.Zero;
            options.CircuitBreaker.FailureThreshold = 0;
        });
        int calls = 0;
        harness.Endpoint.Autopilot = call => Interlocked.Increment(ref calls) <= 3 ? Outcome<string>.Failed(OutcomeKind.Failed) : Outcome<string>.Answered("yes");

        static async IAsyncEnumerable<string> One()
        {
            await Task.Yield();
            yield return "q";
        }

        Task<bool> answered = Task.Run(async () =>
        {
            await foreach (Settled<string, string> settled in harness.Pipeline.RunAsync(One()))
            {
                return settled.IsAnswered;
            }

            return false;
        });
        await harness.AdvanceUntilAsync(answered);
        Assert.True(await answered);
    }
}
