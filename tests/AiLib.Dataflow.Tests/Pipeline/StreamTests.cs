using System.Runtime.CompilerServices;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class StreamTests
{
    private static async IAsyncEnumerable<string> Requests(int count, Action<int>? onRead = null, Exception? error = null)
    {
        for (int n = 0; n < count; n++)
        {
            onRead?.Invoke(n);
            await Task.Yield();
            yield return $"{n}";
        }

        if (error is not null)
        {
            throw error;
        }
    }

    private static void Small(int index, TargetOptions options)
    {
        options.Slots = 4;
        options.Backpressure.MaxInflight = 2;
    }

    private static void Echo(PipelineHarness harness) => harness.Endpoint.Autopilot = call => Outcome<string>.Answered(call.Request);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_request_of_a_stream_gets_one_answer(bool ordered)
    {
        await using PipelineHarness harness = new(target: Small);
        Echo(harness);

        List<Settled<string, string>> answers = [];
        await foreach (Settled<string, string> settled in harness.Pipeline.RunAsync(Requests(500), new StreamOptions<string> { Ordered = ordered }))
        {
            answers.Add(settled);
        }

        Assert.Equal(500, answers.Count);
        Assert.All(answers, settled => Assert.Equal((settled.Request, $"{settled.Index}"), (settled.Outcome.Response, settled.Request)));
        Assert.Equal(Enumerable.Range(0, 500).Select(n => (long)n), ordered ? answers.Select(settled => settled.Index) : answers.Select(settled => settled.Index).Order());
    }

    [Fact]
    public async Task An_ordered_stream_waits_for_the_slowest_and_an_unordered_one_does_not()
    {
        foreach (bool ordered in new[] { true, false })
        {
            await using PipelineHarness harness = new(target: Small);
            List<string> seen = [];
            Task reading = Task.Run(async () =>
            {
                await foreach (Settled<string, string> settled in harness.Pipeline.RunAsync(Requests(2), new StreamOptions<string> { Ordered = ordered }))
                {
                    seen.Add(settled.Request);
                }
            });
            List<ScriptedCall> calls = await harness.Endpoint.NextAsync(2);
            calls.Single(call => call.Request == "1").Answer();
            if (!ordered)
            {
                await Patience.UntilAsync(() => seen.Count == 1, "the first answer");
            }
            else
            {
                await harness.UntilAsync(now => now.Depths.Settling == 1, "one answer waits in its slot");
            }

            calls.Single(call => call.Request == "0").Answer();
            await reading.WithinPatienceAsync("the end of the stream");

            Assert.Equal(ordered ? ["0", "1"] : ["1", "0"], seen);
        }
    }

    [Fact]
    public async Task Failures_are_values_and_the_stream_goes_on()
    {
        await using PipelineHarness harness = new(target: Small);
        harness.Endpoint.Autopilot = call => call.Request == "1" ? Outcome<string>.Failed(OutcomeKind.Rejected) : Outcome<string>.Answered("a");

        List<Settled<string, string>> answers = [];
        await foreach (Settled<string, string> settled in harness.Pipeline.RunAsync(Requests(3), new StreamOptions<string> { Ordered = true }))
        {
            answers.Add(settled);
        }

        Assert.Equal([true, false, true], answers.Select(settled => settled.IsAnswered));
    }

    [Fact]
    public async Task A_request_that_a_check_refuses_is_answered_by_its_refusal_in_its_turn()
    {
        await using PipelineHarness harness = new(
            target: Small, builder: build => build.AddPreflightCheck((request, _) => request == "1" ? new Refusal("size", "too long.") : null));
        Echo(harness);

        List<Settled<string, string>> answers = [];
        await foreach (Settled<string, string> settled in harness.Pipeline.RunAsync(Requests(3), new StreamOptions<string> { Ordered = true }))
        {
            answers.Add(settled);
        }

        Assert.Equal(["0", "1", "2"], answers.Select(settled => settled.Request).ToArray());
        Assert.Equal("size", Assert.IsType<RequestRefusedException>(answers[1].Outcome.Error).Refusal.Check);
        Assert.Equal(0, answers[1].Attempts);
    }

    [Fact]
    public async Task An_error_of_the_source_comes_after_the_last_answer()
    {
        await using PipelineHarness harness = new(target: Small);
        Echo(harness);
        InvalidDataException error = new("line 3");

        int answers = 0;
        InvalidDataException thrown = await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            await foreach (Settled<string, string> _ in harness.Pipeline.RunAsync(Requests(3, error: error)))
            {
                answers++;
            }
        });

        Assert.Same(error, thrown);
        Assert.Equal(3, answers);
    }

    [Fact]
    public async Task A_slow_consumer_closes_the_door_and_so_stops_the_source()
    {
        await using PipelineHarness harness = new(target: Small);
        Echo(harness);
        int read = 0;

        await using IAsyncEnumerator<Settled<string, string>> answers = harness.Pipeline.RunAsync(Requests(100, _ => read++)).GetAsyncEnumerator();
        Assert.True(await answers.MoveNextAsync());
        await harness.UntilAsync(now => now.Depths is { Settling: 4, Door: 1 }, "all slots hold answers");

        // Four in slots, one at the door.
        Assert.Equal(5, read);
        Assert.Equal(0, harness.FreeSlots());
        while (await answers.MoveNextAsync())
        {
        }

        Assert.Equal(100, harness.Signals.Answered);
    }

    [Fact]
    public async Task A_consumer_who_leaves_stops_the_source_even_one_that_ignores_its_token()
    {
        await using PipelineHarness harness = new(target: Small);
        Echo(harness);
        int read = 0;

        await foreach (Settled<string, string> _ in harness.Pipeline.RunAsync(Requests(100_000, _ => Interlocked.Increment(ref read))))
        {
            break;
        }

        await harness.CheckAtRestAsync();
        int atRest = Volatile.Read(ref read);
        await harness.Pipeline.SendAsync("another use");
        Assert.True(atRest < 100, $"{atRest} were read, {harness.Endpoint.Calls} sent for nobody.");
        Assert.Equal(atRest, Volatile.Read(ref read));
    }

    [Fact]
    public async Task A_consumer_who_leaves_wakes_a_source_that_waits_for_it()
    {
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.Slots = 64;
            options.DispatchInline = true;
        });
        harness.Endpoint.Autopilot = call => Outcome<string>.Answered(call.Request);

        // Everything is answered at once, so the source's side soon waits for the consumer, who takes one answer; and time stands still.
        await LeaveAsync().WithinPatienceAsync("the end of the source");

        Assert.InRange(harness.Endpoint.Calls, 2, 999);

        async Task LeaveAsync()
        {
            await foreach (Settled<string, string> settled in harness.Pipeline.RunAsync(Enumerable.Repeat("q", 1_000).ToAsyncEnumerable()))
            {
                Assert.True(settled.IsAnswered);
                break;
            }
        }
    }

    [Fact]
    public async Task A_consumer_who_leaves_gives_up_what_is_in_flight()
    {
        await using PipelineHarness harness = new(target: Small);
        IAsyncEnumerator<Settled<string, string>> answers = harness.Pipeline.RunAsync(Requests(3)).GetAsyncEnumerator();
        ValueTask<bool> first = answers.MoveNextAsync();
        List<ScriptedCall> calls = await harness.Endpoint.NextAsync(2);
        calls[0].Answer();
        Assert.True(await first);

        await answers.DisposeAsync();

        await calls[1].UntilCancelledAsync();
        await harness.CheckAtRestAsync();
    }

    [Fact]
    public async Task A_consumer_who_cancels_sees_its_own_cancellation()
    {
        await using PipelineHarness harness = new(target: Small);
        using CancellationTokenSource cancellation = new();
        IAsyncEnumerator<Settled<string, string>> answers = harness.Pipeline.RunAsync(Requests(3), cancellationToken: cancellation.Token).GetAsyncEnumerator();
        Task<bool> first = answers.MoveNextAsync().AsTask();
        List<ScriptedCall> calls = await harness.Endpoint.NextAsync(2);

        await cancellation.CancelAsync();

        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WithinPatienceAsync("the consumer's release"));
        Assert.Equal(cancellation.Token, error.CancellationToken);
        await Task.WhenAll(calls.Select(call => call.UntilCancelledAsync()));
        await harness.CheckAtRestAsync();
    }

    [Fact]
    public async Task A_token_given_to_the_enumerator_counts_as_well()
    {
        await using PipelineHarness harness = new(target: Small);
        using CancellationTokenSource cancellation = new();
        Task reading = Task.Run(async () =>
        {
            await foreach (Settled<string, string> _ in harness.Pipeline.RunAsync(Requests(3)).WithCancellation(cancellation.Token))
            {
            }
        });
        await harness.Endpoint.NextAsync(2);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WithinPatienceAsync("the consumer's release"));
    }

    [Fact]
    public async Task Of_two_tokens_either_ends_it()
    {
        foreach (bool first in new[] { true, false })
        {
            await using PipelineHarness harness = new(target: Small);
            using CancellationTokenSource given = new();
            using CancellationTokenSource enumerating = new();
            Task reading = Task.Run(async () =>
            {
                await foreach (Settled<string, string> _ in harness.Pipeline.RunAsync(Requests(3), cancellationToken: given.Token).WithCancellation(enumerating.Token))
                {
                }
            });
            await harness.Endpoint.NextAsync(2);

            await (first ? given : enumerating).CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WithinPatienceAsync("the consumer's release"));
        }
    }

    [Fact]
    public async Task A_stream_can_be_enumerated_twice_and_asked_after_its_end()
    {
        await using PipelineHarness harness = new(target: Small);
        Echo(harness);
        IAsyncEnumerable<Settled<string, string>> stream = harness.Pipeline.RunAsync(Requests(20));

        for (int time = 0; time < 2; time++)
        {
            await using IAsyncEnumerator<Settled<string, string>> answers = stream.GetAsyncEnumerator();
            int seen = 0;
            while (await answers.MoveNextAsync())
            {
                seen++;
            }

            Assert.Equal(20, seen);
            Assert.False(await answers.MoveNextAsync());
            Assert.Equal(default, answers.Current);
        }

        Assert.Equal(40, harness.Signals.Answered);
    }

    [Fact]
    public async Task An_enumeration_that_never_began_can_be_left()
    {
        await using PipelineHarness harness = new();
        bool read = false;

        await harness.Pipeline.RunAsync(Requests(3, _ => read = true)).GetAsyncEnumerator().DisposeAsync();

        Assert.False(read);
        Assert.Equal(0, harness.Signals.Admitted);
    }

    [Fact]
    public async Task A_slot_that_the_consumer_is_done_with_goes_at_once_to_a_caller_who_waits()
    {
        // So many slots that the consumer gives them back a few at a time.
        const int Slots = 256;
        await using PipelineHarness harness = new(target: (_, options) =>
        {
            options.Slots = Slots;
            options.Backpressure.MaxInflight = Slots;
        });
        Echo(harness);
        await using IAsyncEnumerator<Settled<string, string>> answers = harness.Pipeline.RunAsync(Requests(2 * Slots)).GetAsyncEnumerator();
        Assert.True(await answers.MoveNextAsync());
        await harness.UntilAsync(now => now.Depths.Settling == Slots && now.Depths.Door == 1, "every slot held by an answer, and the source at the door");
        Task<string> caller = harness.SendAsync("caller");
        await harness.UntilAsync(now => now.Depths.Door == 2, "the caller at the door");

        // One slot for the source, which came first, one for the caller.
        Assert.True(await answers.MoveNextAsync());
        Assert.True(await answers.MoveNextAsync());

        Assert.Equal("caller", await caller.WithinPatienceAsync("the caller's answer"));
    }

    [Fact]
    public async Task An_empty_source_ends_at_once()
    {
        await using PipelineHarness harness = new();

        await foreach (Settled<string, string> _ in harness.Pipeline.RunAsync(Requests(0)))
        {
            Assert.Fail("There was no request.");
        }
    }

    [Fact]
    public async Task A_stream_holds_its_requests_while_the_circuit_is_open()
    {
        await using PipelineHarness harness = new(target: (index, options) =>
        {
            Small(index, options);
            options.CircuitBreaker.FailureThreshold = 1;
            options.Retry.MaxRetries = 0;
        });
        Task<List<Settled<string, string>>> reading = ReadAsync(harness.Pipeline.RunAsync(Requests(6)));
        List<ScriptedCall> calls = await harness.Endpoint.NextAsync(2);
        calls[0].Fail();
        await harness.UntilAsync(now => now.CircuitState == Dataflow.Capacity.CircuitState.Open, "an open circuit");
        calls[1].Answer();
        await harness.Time.UntilArmedWithinAsync(TimeSpan.FromSeconds(30));
        Assert.False(reading.IsCompleted);

        Echo(harness);
        await harness.AdvanceUntilAsync(reading);
        List<Settled<string, string>> answers = await reading;

        Assert.Equal(6, answers.Count);
        Assert.Equal(5, answers.Count(settled => settled.IsAnswered));
        Assert.True(harness.Time.Elapsed >= TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_stop_ends_a_stream_with_an_answer_for_each_request_and_says_why()
    {
        await using PipelineHarness harness = new(target: Small);
        List<Settled<string, string>> answers = [];
        Task reading = Task.Run(async () =>
        {
            await foreach (Settled<string, string> settled in harness.Pipeline.RunAsync(Requests(100)))
            {
                answers.Add(settled);
            }
        });
        await harness.Endpoint.NextAsync(2);
        await harness.UntilAsync(now => now.Depths.Door == 1, "the source at the door");

        await harness.StopAsync();

        await Assert.ThrowsAsync<RequestRefusedException>(() => reading.WithinPatienceAsync("the end of the stream"));
        Assert.Equal(4, answers.Count);
        Assert.All(answers, settled => Assert.Equal(OutcomeKind.Cancelled, settled.Outcome.Kind));
    }

    [Fact]
    public async Task What_a_request_wants_is_asked_once_for_each()
    {
        await using PipelineHarness harness = new(targets: 2);
        StreamOptions<string> options = new() { Describe = request => new RequestOptions { Target = request == "1" ? "b" : "a" } };
        foreach (ScriptedEndpoint endpoint in harness.Endpoints)
        {
            endpoint.Autopilot = call => Outcome<string>.Answered(call.Attempt.Target);
        }

        List<Settled<string, string>> answers = await ReadAsync(harness.Pipeline.RunAsync(Requests(3), options));

        Assert.Equal(["a", "b", "a"], answers.OrderBy(settled => settled.Index).Select(settled => settled.Outcome.Response).ToArray());
    }

    [Fact]
    public async Task A_source_that_honours_its_token_is_told_when_the_consumer_leaves()
    {
        await using PipelineHarness harness = new(target: Small);
        Echo(harness);
        TaskCompletionSource told = new(TaskCreationOptions.RunContinuationsAsynchronously);

        async IAsyncEnumerable<string> Endless([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return "0";
            TaskCompletionSource never = new();
            try
            {
                await never.Task.WaitAsync(cancellationToken);
            }
            finally
            {
                told.SetResult();
            }
        }

        await foreach (Settled<string, string> _ in harness.Pipeline.RunAsync(Endless()))
        {
            break;
        }

        await told.Task.WithinPatienceAsync("the source's cancellation");
    }

    internal static async Task<List<Settled<string, string>>> ReadAsync(IAsyncEnumerable<Settled<string, string>> answers)
    {
        List<Settled<string, string>> all = [];
        await foreach (Settled<string, string> settled in answers)
        {
            all.Add(settled);
        }

        return all;
    }
}
