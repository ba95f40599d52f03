namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class CancellationTests
{
    private static void OneAtATime(int index, TargetOptions options)
    {
        options.Slots = 2;
        options.Backpressure.MaxInflight = 1;
    }

    [Fact]
    public async Task A_caller_who_waits_at_the_door_leaves_at_once_and_takes_no_slot()
    {
        await using PipelineHarness harness = new(target: OneAtATime);
        using CancellationTokenSource cancellation = new();
        Task<string>[] inside = [harness.SendAsync("1"), harness.SendAsync("2")];
        Task<string> outside = harness.SendAsync("3", cancellationToken: cancellation.Token);
        await harness.UntilAsync(now => now.Depths.Door == 1, "one waits at the door");

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => outside.WithinPatienceAsync("the caller's release"));
        Assert.Equal(0, harness.Signals.Depths.Door);
        await RecoveryTests.AnswerAsync(harness, 2);
        await Task.WhenAll(inside);
        Assert.Equal(2, harness.Signals.Admitted);
    }

    [Fact]
    public async Task A_caller_whose_request_is_in_the_inbox_is_answered_at_once_and_the_slot_comes_home()
    {
        await using PipelineHarness harness = new(target: OneAtATime);
        using CancellationTokenSource cancellation = new();
        Task<string> running = harness.SendAsync("running");
        ScriptedCall call = await harness.Endpoint.NextAsync();
        Task<string> ready = harness.SendAsync("ready", cancellationToken: cancellation.Token);

        await cancellation.CancelAsync();

        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ready.WithinPatienceAsync("the caller's release"));
        Assert.Equal(cancellation.Token, error.CancellationToken);
        await Patience.UntilAsync(() => harness.FreeSlots() == 1, "the slot's way home", () => harness.FreeSlots());
        call.Answer();
        await running;
        Assert.Equal((1, 1), (harness.Signals.Cancelled, harness.Endpoint.Calls));
    }

    [Fact]
    public async Task A_caller_whose_request_waits_in_a_lane_that_sleeps_gets_the_slot_home_without_waking_by_time()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.Slots = 3;
            options.Backpressure.MaxInflight = 3;
            options.RateLimiter.RequestsPerSecond = 0.01;
        });
        using CancellationTokenSource cancellation = new();
        Task<string> first = harness.SendAsync("first");
        (await harness.Endpoint.NextAsync()).Answer();
        await first;
        Task<string> front = harness.SendAsync("front");
        Task<string> behind = harness.SendAsync("behind", cancellationToken: cancellation.Token);

        // The lane is held up for want of a credit and sleeps until then.
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(100));
        await harness.UntilAsync(now => now.Depths.Ready == 2, "two wait for a credit");
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => behind.WithinPatienceAsync("the caller's release"));
        await Patience.UntilAsync(() => harness.FreeSlots() == 2, "the slot's way home", () => harness.FreeSlots());
        harness.Time.Advance(100);
        (await harness.Endpoint.NextAsync()).Answer();
        await front;
    }

    [Fact]
    public async Task Slot_is_kept_until_the_pipeline_drops_a_cancelled_ticket()
    {
        await using PipelineHarness harness = new(target: OneAtATime);
        harness.Endpoint.IgnoresCancellation = true;
        using CancellationTokenSource cancellation = new();
        Task<string> answer = harness.SendAsync(cancellationToken: cancellation.Token);
        ScriptedCall call = await harness.Endpoint.NextAsync();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.WithinPatienceAsync("the caller's release"));
        await call.UntilCancelledAsync();
        Assert.Equal((1, 1), (harness.FreeSlots(), harness.Signals.CurrentInflight));
        call.Answer();
        await Patience.UntilAsync(() => harness.FreeSlots() == 2, "the slot's way home");
    }

    [Fact]
    public async Task A_caller_whose_retry_waits_is_answered_at_once_and_the_slot_comes_home()
    {
        await using PipelineHarness harness = new(target: OneAtATime);
        using CancellationTokenSource cancellation = new();
        Task<string> answer = harness.SendAsync(cancellationToken: cancellation.Token);
        (await harness.Endpoint.NextAsync()).Fail();
        await harness.UntilRetriesAsync(1);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.WithinPatienceAsync("the caller's release"));
        await Patience.UntilAsync(() => harness.FreeSlots() == 2, "the slot's way home");
        harness.Time.Advance(60);
        Assert.Equal(1, harness.Endpoint.Calls);
    }

    [Fact]
    public async Task An_endpoint_that_ignores_cancellation_is_abandoned_after_patience_and_its_late_answer_harms_nobody()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            OneAtATime(0, options);
            options.AttemptTimeout = TimeSpan.FromSeconds(5);
            options.Retry.MaxRetries = 0;
        });
        harness.Endpoint.IgnoresCancellation = true;
        Task<string> stuck = harness.SendAsync("stuck");
        ScriptedCall call = await harness.Endpoint.NextAsync();
        harness.Time.Advance(5);
        await call.UntilCancelledAsync();
        Assert.False(stuck.IsCompleted);
        harness.Time.Advance(10);

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => stuck.WithinPatienceAsync("the end of patience"));
        Assert.Equal(OutcomeKind.TimedOut, failure.Kind);
        Assert.Contains("AttemptTimeout (5 s)", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, harness.Signals.Targets[0].Abandoned);
        Task<string> next = harness.SendAsync("next");
        ScriptedCall second = await harness.Endpoint.NextAsync();
        call.Answer("too late");
        second.Answer("in time");
        Assert.Equal("in time", await next);
        Assert.Equal((1, 1), (harness.Signals.Answered, harness.Signals.Failed));
    }

    [Fact]
    public async Task An_attempt_that_takes_too_long_is_cancelled_and_retried()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.AttemptTimeout = TimeSpan.FromSeconds(3));

        Task<string> answer = harness.SendAsync();
        ScriptedCall first = await harness.Endpoint.NextAsync();
        Assert.Equal(TimeSpan.FromSeconds(3), first.Attempt.TimeAllowed);
        harness.Time.Advance(3);
        await harness.UntilRetriesAsync(1);
        harness.Time.Advance(1);
        (await harness.Endpoint.NextAsync()).Answer();

        await answer;
        Assert.Equal(OutcomeKind.TimedOut, harness.Retries.Single().Outcome);
        Assert.IsType<TimeoutException>(harness.Retries.Single().Error);
    }

    [Fact]
    public async Task A_token_that_is_cancelled_beforehand_costs_no_attempt()
    {
        await using PipelineHarness harness = new();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => harness.SendAsync(cancellationToken: new CancellationToken(canceled: true)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            Settled<string, string> settled = await harness.TrySendAsync(cancellationToken: new CancellationToken(canceled: true));
            throw settled.Outcome.Error!;
        });

        Assert.Equal(0, harness.Endpoint.Calls);
    }

    [Fact]
    public async Task A_request_that_is_given_up_as_it_begins_gives_its_credit_back()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.RateLimiter.RequestsPerMinute = 1);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => harness.SendAsync(cancellationToken: new CancellationToken(canceled: true)));

        await harness.UntilAsync(now => now.Depths == default, "the slot home");
        Assert.Equal((0, 1), (harness.Endpoint.Calls, harness.Signals.RateRemaining));
    }

    [Fact]
    public async Task A_caller_who_leaves_while_a_hook_is_told_of_the_retry_gets_the_slot_home_without_waiting_for_it()
    {
        using CancellationTokenSource leaves = new();
        await using PipelineHarness harness = new(builder: build => build.OnRetry(_ => leaves.Cancel()));
        Task<string> answer = harness.SendAsync(cancellationToken: leaves.Token);
        (await harness.Endpoint.NextAsync()).Fail();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.WithinPatienceAsync("the answer"));

        // Given up between its place in flight and its place in the queue, and time stands still.
        await harness.UntilAsync(now => now.Depths == default && now.Cancelled == 1, "the slot home");
        Assert.Single(harness.Retries);
    }

    [Fact]
    public async Task A_caller_who_leaves_while_a_hook_is_told_of_the_redirect_is_swept_out_of_the_other_inbox()
    {
        using CancellationTokenSource leaves = new();
        int redirects = 0;
        await using PipelineHarness harness = new(
            targets: 2,
            target: (_, options) =>
            {
                options.Retry.MaxRetries = 0;
                options.Backpressure.MaxInflight = 2;
            },
            builder: build => build.OnRedirect(_ =>
            {
                if (++redirects == 2)
                {
                    leaves.Cancel();
                }
            }));
        Task<string>[] busy = [.. Enumerable.Range(0, 2).Select(_ => harness.SendAsync("busy", new RequestOptions { Target = "b" }))];
        await harness.Endpoints[1].NextAsync(2);
        Task<string> stays = harness.SendAsync("stays");
        ScriptedCall staying = await harness.Endpoint.NextAsync();
        Task<string> goes = harness.SendAsync("goes", cancellationToken: leaves.Token);
        ScriptedCall going = await harness.Endpoint.NextAsync();
        staying.Fail();
        await harness.UntilAsync(now => now.Depths.Ready == 1, "the first in the other inbox");

        going.Fail();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => goes.WithinPatienceAsync("the answer"));
        await harness.UntilAsync(now => now.Depths.Ready == 1 && now.Cancelled == 1, "the slot home, from behind one that is held up");
        Assert.Equal((2, false, true), (redirects, stays.IsCompleted, Array.TrueForAll(busy, task => !task.IsCompleted)));
    }

    [Fact]
    public async Task TrySend_throws_when_its_caller_gives_it_up_wherever_it_is()
    {
        await using PipelineHarness harness = new();
        using CancellationTokenSource cancellation = new();
        Task<Settled<string, string>> settling = harness.TrySendAsync(cancellationToken: cancellation.Token);
        await harness.Endpoint.NextAsync();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => settling.WithinPatienceAsync("the caller's release"));
    }

    [Fact]
    public async Task A_callback_on_an_attempts_token_that_throws_harms_nobody()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.AttemptTimeout = TimeSpan.FromSeconds(3);
            options.Retry.MaxRetries = 0;
        });
        harness.Endpoint.OnCall = call => call.CancellationToken.Register(() => throw new InvalidOperationException("a bug in a callback"));
        using CancellationTokenSource cancellation = new();

        Task<string> timed = harness.SendAsync("timed");
        await harness.Endpoint.NextAsync();
        Exception? fromTimer = Record.Exception(() => harness.Time.Advance(3));
        Exception? timedOut = await Record.ExceptionAsync(() => timed.WithinPatienceAsync("the time-out"));
        Task<string> given = harness.SendAsync("given up", cancellationToken: cancellation.Token);
        await harness.Endpoint.NextAsync();
        Exception? fromCancel = await Record.ExceptionAsync(cancellation.CancelAsync);
        Exception? cancelled = await Record.ExceptionAsync(() => given.WithinPatienceAsync("the caller's release"));

        Assert.Null(fromTimer);
        Assert.Null(fromCancel);
        Assert.IsType<RequestFailedException>(timedOut);
        Assert.IsAssignableFrom<OperationCanceledException>(cancelled);
    }

    [Fact]
    [Trait("Fault", "P8")]
    public async Task A_cancelled_probe_leaves_the_circuit_half_open_and_the_next_probe_decides()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.CircuitBreaker.FailureThreshold = 1;
            options.Retry.MaxRetries = 0;
        });
        using CancellationTokenSource cancellation = new();
        Task<string> failing = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Fail();
        await Assert.ThrowsAsync<RequestFailedException>(() => failing);
        harness.Time.Advance(30);
        Task<string> probe = harness.SendAsync("probe", cancellationToken: cancellation.Token);
        await harness.Endpoint.NextAsync();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probe.WithinPatienceAsync("the caller's release"));
        await harness.UntilAsync(now => now.CurrentInflight == 0, "the permit's way home");

        Assert.Equal(Dataflow.Capacity.CircuitState.HalfOpen, harness.Signals.CircuitState);
        Task<string> next = harness.SendAsync("next");
        (await harness.Endpoint.NextAsync()).Answer();
        await next;
        Assert.Equal(Dataflow.Capacity.CircuitState.Closed, harness.Signals.CircuitState);
    }

    [Fact]
    public async Task Two_hundred_callers_who_cancel_at_any_time_leave_nothing_behind()
    {
        await using PipelineHarness harness = new(target: OneAtATime);
        harness.Endpoint.Autopilot = call => call.Request.Length % 2 == 0 ? Outcome<string>.Answered("a") : null;
        Random random = new(7);
        List<Task> tasks = [];
        for (int n = 0; n < 200; n++)
        {
            CancellationTokenSource cancellation = new();
            tasks.Add(harness.SendAsync(new string('x', n), cancellationToken: cancellation.Token));
            int yields = random.Next(20);
            tasks.Add(Task.Run(async () =>
            {
                for (int yield = 0; yield < yields; yield++)
                {
                    await Task.Yield();
                }

                await cancellation.CancelAsync();
            }));
        }

        await Task.WhenAll(tasks.Select(task => task.ContinueWith(_ => { }, TaskScheduler.Default))).WithinPatienceAsync("200 ends");

        await harness.CheckAtRestAsync();
    }
}
