using System.Runtime.CompilerServices;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class StopTests
{
    [Fact]
    [Trait("Invariant", "I27")]
    public async Task Stop_lets_nobody_in_from_the_moment_it_was_called()
    {
        await using PipelineHarness harness = new();
        harness.Endpoint.Autopilot = call => Outcome<string>.Answered(call.Request);

        Task stop = harness.Pipeline.StopAsync(TimeSpan.FromSeconds(30));
        Task<string> late = harness.SendAsync("late");

        await Assert.ThrowsAsync<RequestRefusedException>(() => late.WithinPatienceAsync("a refusal"));
        await stop.WithinPatienceAsync("the stop");
    }

    [Fact]
    public async Task Stop_lets_nobody_in_and_waits_for_what_is_under_way()
    {
        await using PipelineHarness harness = new();
        Task<string> running = harness.SendAsync();
        ScriptedCall call = await harness.Endpoint.NextAsync();

        Task stop = harness.Pipeline.StopAsync(TimeSpan.FromSeconds(30));
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(30));
        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() => harness.SendAsync("late").WithinPatienceAsync("a refusal"));
        Assert.Equal("stopping", refused.Refusal.Check);
        Assert.False(stop.IsCompleted);
        call.Answer();

        await running;
        await stop.WithinPatienceAsync("the end of the drain");
    }

    [Fact]
    [Trait("Invariant", "I27")]
    public async Task A_request_of_a_stream_that_begins_while_the_doors_close_is_waited_for_like_any_other()
    {
        await using PipelineHarness harness = new(target: (_, options) => options.DispatchInline = true);
        TaskCompletionSource<CancellationToken> sourceToken = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource readOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task stop = Task.CompletedTask;
        bool closed = false;
        harness.Endpoint.OnCall = _ =>
        {
            // The stop comes while the attempt begins, on the thread that reads the source, and is faster than that thread.
            stop = harness.Pipeline.StopAsync(TimeSpan.FromSeconds(30));
            closed = sourceToken.Task.Result.WaitHandle.WaitOne(TimeSpan.FromSeconds(20));
        };
        Task<List<Settled<string, string>>> reading = ReadAsync();
        ScriptedCall call = await harness.Endpoint.NextAsync();
        await readOn.Task.WithinPatienceAsync("the source's side to go on");

        Assert.True(closed);
        Assert.False(call.CancellationToken.IsCancellationRequested, "Cancelled although the time to drain has not begun to run out.");
        call.Answer();
        Settled<string, string> settled = Assert.Single(await reading.WithinPatienceAsync("the end of the stream"));
        Assert.True(settled.IsAnswered);
        await stop.WithinPatienceAsync("the end of the stop");

        async Task<List<Settled<string, string>>> ReadAsync()
        {
            List<Settled<string, string>> answers = [];
            try
            {
                await foreach (Settled<string, string> answer in harness.Pipeline.RunAsync(SourceAsync()))
                {
                    answers.Add(answer);
                }
            }
            catch (RequestRefusedException)
            {
                // That the pipeline stops, after the last answer, unless the end of the source was faster.
            }

            return answers;
        }

        async IAsyncEnumerable<string> SourceAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            sourceToken.SetResult(cancellationToken);
            yield return "q";
            readOn.SetResult();
            await Task.Yield();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Invariant", "I27")]
    public async Task A_ticket_that_a_hook_has_held_up_until_after_the_stop_still_comes_home(bool called)
    {
        using ManualResetEventSlim goOn = new();
        TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using PipelineHarness harness = new(
            targets: 2,
            target: (_, options) => options.Retry.MaxRetries = 0,
            builder: build => build.OnRedirect(_ =>
            {
                held.SetResult();
                goOn.Wait();
            }));
        Task answering = called ? harness.SendAsync() : ReadAsync();
        (await harness.Endpoint.NextAsync()).Fail();
        await held.Task.WithinPatienceAsync("the hook");

        // A hook that blocks blocks its own request, and not the stop.
        await harness.StopAsync();
        goOn.Set();

        await Assert.ThrowsAsync<RequestRefusedException>(() => answering.WithinPatienceAsync("the answer"));
        await harness.CheckAtRestAsync();

        async Task ReadAsync()
        {
            await foreach (Settled<string, string> settled in harness.Pipeline.RunAsync(new[] { "q" }.ToAsyncEnumerable()))
            {
                Assert.Equal(OutcomeKind.Cancelled, settled.Outcome.Kind);
                throw settled.Outcome.Error!;
            }
        }
    }

    [Fact]
    public async Task Stop_cancels_what_is_under_way_when_the_time_to_drain_is_over()
    {
        await using PipelineHarness harness = new();
        Task<string> running = harness.SendAsync();
        ScriptedCall call = await harness.Endpoint.NextAsync();

        Task stop = harness.Pipeline.StopAsync(TimeSpan.FromSeconds(3));
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(3));
        harness.Time.Advance(3);

        await call.UntilCancelledAsync();
        RequestRefusedException error = await Assert.ThrowsAsync<RequestRefusedException>(() => running.WithinPatienceAsync("the answer"));
        Assert.Equal("stopping", error.Refusal.Check);
        await stop.WithinPatienceAsync("the end of the stop");
    }

    [Fact]
    public async Task Stop_returns_a_second_after_its_time_although_an_endpoint_ignores_cancellation()
    {
        await using PipelineHarness harness = new();
        harness.Endpoint.IgnoresCancellation = true;
        Task<string> running = harness.SendAsync();
        ScriptedCall call = await harness.Endpoint.NextAsync();

        Task stop = harness.Pipeline.StopAsync(TimeSpan.FromSeconds(3));
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(3));
        harness.Time.Advance(3);
        await call.UntilCancelledAsync();
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(0.5));
        harness.Time.Advance(1);

        await stop.WithinPatienceAsync("the end of the stop");
        await Assert.ThrowsAsync<RequestRefusedException>(() => running);
        call.Answer("too late");
        Assert.Equal((0, 1), (harness.Signals.Answered, harness.Signals.Cancelled));
    }

    [Fact]
    public async Task A_second_stop_is_harmless_and_waits_for_the_first()
    {
        await using PipelineHarness harness = new();
        Task<string> running = harness.SendAsync();
        ScriptedCall call = await harness.Endpoint.NextAsync();

        Task first = harness.Pipeline.StopAsync(TimeSpan.FromSeconds(30));
        Task second = harness.Pipeline.StopAsync(TimeSpan.Zero);
        Assert.False(second.IsCompleted);
        call.Answer();

        await running;
        await Task.WhenAll(first, second).WithinPatienceAsync("both stops");
        await harness.Pipeline.DisposeAsync();
        await harness.Pipeline.DisposeAsync();
    }

    [Fact]
    public async Task Stop_answers_everyone_wherever_the_request_is()
    {
        await using PipelineHarness harness = new(targets: 2, target: (index, options) =>
        {
            options.Slots = 5;
            options.Backpressure.MaxInflight = 2;
            options.CircuitBreaker.FailureThreshold = 1;
            if (index == 1)
            {
                options.RateLimiter.RequestsPerSecond = 0.001;
            }
        });
        Task<string> tripping = harness.SendAsync("delayed", new RequestOptions { Target = "b", StaysOnTarget = true });
        (await harness.Endpoints[1].NextAsync()).Fail(OutcomeKind.Conflicted);
        await harness.UntilRetriesAsync(1);
        RequestOptions hold = new() { Target = "b", WhenUnavailable = Unavailability.Hold };
        List<Task<string>> tasks = [tripping];
        tasks.AddRange(Enumerable.Range(0, 4).Select(n => harness.SendAsync($"no credit {n}", hold)));
        tasks.AddRange(Enumerable.Range(0, 3).Select(n => harness.SendAsync($"door {n}", hold)));
        tasks.AddRange(Enumerable.Range(0, 4).Select(n => harness.SendAsync($"in flight or ready {n}")));
        await harness.UntilAsync(now => now.Depths is { Door: 3, InFlight: 2, Delayed: 1, Ready: 6 }, "requests in every place");

        Task stop = harness.Pipeline.StopAsync(TimeSpan.Zero);
        await harness.AdvanceUntilAsync(stop);

        foreach (Task<string> task in tasks)
        {
            await Assert.ThrowsAsync<RequestRefusedException>(() => task.WithinPatienceAsync("an answer for everyone"));
        }
    }

    [Fact]
    public async Task Stop_during_an_open_circuit_releases_held_requests()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.CircuitBreaker.FailureThreshold = 1;
            options.Retry.MaxRetries = 0;
        });
        Task<string> failing = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Fail();
        await Assert.ThrowsAsync<RequestFailedException>(() => failing);
        Task<string> held = harness.SendAsync("held", new RequestOptions { WhenUnavailable = Unavailability.Hold });
        await harness.UntilAsync(now => now.Depths.Ready == 1, "one is held");

        await harness.StopAsync();

        await Assert.ThrowsAsync<RequestRefusedException>(() => held.WithinPatienceAsync("the held request's answer"));
    }

    [Fact]
    public async Task Stop_without_any_request_ends_at_once()
    {
        await using PipelineHarness harness = new();

        await harness.Pipeline.StopAsync(TimeSpan.FromSeconds(30)).WithinPatienceAsync("the stop");

        Assert.Equal(TimeSpan.Zero, harness.Time.Elapsed);
        Assert.Equal(0, harness.Time.Armed);
    }

    [Fact]
    public async Task A_hook_may_stop_the_pipeline()
    {
        PipelineHarness? outer = null;
        Task? stop = null;
        await using PipelineHarness harness = new(builder: build => build.OnRetry(_ => stop = outer!.Pipeline.StopAsync(TimeSpan.Zero)));
        outer = harness;

        Task<string> answer = harness.SendAsync();
        (await harness.Endpoint.NextAsync()).Fail();

        await Assert.ThrowsAsync<RequestRefusedException>(() => answer.WithinPatienceAsync("the answer"));
        await harness.AdvanceUntilAsync(stop!);
    }

    [Fact]
    public async Task A_stop_while_two_hundred_requests_come_in_answers_every_one_of_them()
    {
        for (int round = 0; round < 20; round++)
        {
            await using PipelineHarness harness = new(target: (_, options) =>
            {
                options.Slots = 8;
                options.Backpressure.MaxInflight = 4;
            });
            harness.Endpoint.Autopilot = call => Outcome<string>.Answered(call.Request);
            using Barrier barrier = new(3);
            List<Task>[] sent = [[], []];
            Task[] senders = [.. sent.Select(list => Task.Run(() =>
            {
                barrier.SignalAndWait();
                for (int n = 0; n < 100; n++)
                {
                    list.Add(harness.SendAsync($"{n}"));
                }
            }))];
            barrier.SignalAndWait();
            Task stop = harness.Pipeline.StopAsync(TimeSpan.FromSeconds(30));
            await Task.WhenAll(senders);

            await stop.WithinPatienceAsync("the stop", () => harness.Signals.Depths);
            foreach (Task task in sent.SelectMany(list => list))
            {
                Exception? error = await Record.ExceptionAsync(() => task.WithinPatienceAsync("an answer for everyone"));
                Assert.True(error is null or RequestRefusedException, error?.ToString());
            }
        }
    }
}
