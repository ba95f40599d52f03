using AiLib.Dataflow.Settlement;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Tests.Threading;

/// <summary>Two sides that must not miss each other, on real threads, again and again: one writes and looks, and so does the other.</summary>
/// <remarks>
/// Each is arranged so that nothing later repairs what was missed, which a busy pipeline would do, and hide it. What they catch is in docs/testing.md.
/// </remarks>
public sealed class FenceTests
{
    [Fact]
    [Trait("Invariant", "I14")]
    public async Task A_thing_that_comes_back_to_a_magazine_reaches_whoever_just_came_to_wait()
    {
        // One thing, so that no later return saves whoever was missed.
        WaitablePool<object> pool = new(capacity: 1, static () => new object(), magazines: 1);
        int turns = 0;

        await Task.WhenAll(Task.Run(TakeTurnsAsync), Task.Run(TakeTurnsAsync)).WithinPatienceAsync("every turn", () => $"{turns} turns");

        Assert.Equal((1, 0), (pool.Free, pool.Waiting));

        async Task TakeTurnsAsync()
        {
            for (int turn = 0; turn < 300_000; turn++)
            {
                object? thing = pool.TryTake(out thing) ? thing : await pool.TakeAsync(CancellationToken.None);
                Assert.Equal(++turns, Volatile.Read(ref turns));
                pool.Return(thing!);
            }
        }
    }

    [Fact]
    [Trait("Invariant", "I14")]
    public async Task An_answer_that_comes_while_its_consumer_goes_to_wait_wakes_it()
    {
        const int Answers = 100_000;
        ResultStream<int, int> stream = new(new Nowhere(), ordered: false);
        int taken = 0;

        Task settling = Task.Run(SettleAsync);
        await Task.WhenAll(settling, Task.Run(TakeAsync)).WithinPatienceAsync("every answer", () => $"{Volatile.Read(ref taken)} answers");

        async Task TakeAsync()
        {
            while (taken < Answers)
            {
                if (stream.TryTake(out _))
                {
                    Volatile.Write(ref taken, taken + 1);
                }
                else
                {
                    await stream.UntilTakeableAsync();
                }
            }
        }

        async Task SettleAsync()
        {
            Ticket<int, int>[] tickets = [new(home: 0, default), new(home: 0, default)];
            for (int answer = 0; answer < Answers; answer++)
            {
                // One at a time, so that no later answer wakes the consumer for an earlier one; at another moment of its way to the wait each time.
                // Where there are fewer processors than threads that want them, who spins must let the other go on.
                SpinWait spin = default;
                while (Volatile.Read(ref taken) < answer)
                {
                    spin.SpinOnce(sleep1Threshold: -1);
                    if (answer % 64 == 0)
                    {
                        await Task.Yield();
                    }
                }

                Thread.SpinWait(answer % 40);
                stream.Settle(tickets[answer % 2], ThisThread.Get(), isOutermost: false);
            }
        }
    }

    [Fact]
    [Trait("Invariant", "I14")]
    public async Task Whoever_finds_an_alarm_set_that_is_just_ringing_is_seen_by_what_rings()
    {
        const int Rounds = 60_000;
        HandRungTime time = new();
        int written = 0;
        int seen = 0;
        using Alarm alarm = new(new Clock(time), () => seen = Volatile.Read(ref written));
        Meetings meetings = new();
        int missed = 0;
        Task writing = Task.Run(() =>
        {
            for (int round = 1; round <= Rounds; round++)
            {
                meetings.Meet();
                Thread.SpinWait(round % 23);

                // As a ticket is put on its way: no fence between this and the look at the alarm.
                Volatile.Write(ref written, round);
                alarm.SetFor(1_000);
                meetings.Meet();
            }
        });
        Task ringing = Task.Run(() =>
        {
            for (int round = 1; round <= Rounds; round++)
            {
                alarm.SetFor(1_000);
                int armed = time.Armed;
                meetings.Meet();
                time.Ring();

                // The writer's side is past its look when both have met again.
                int saw = seen;
                meetings.Meet();
                missed += saw < round && time.Armed == armed ? 1 : 0;
            }
        });

        await Task.WhenAll(writing, ringing).WithinPatienceAsync("every round", () => meetings);

        Assert.Equal(0, missed);
    }

    [Fact]
    [Trait("Invariant", "I2")]
    public async Task A_source_that_somebody_is_about_to_cancel_is_not_the_next_attempts()
    {
        const int Rounds = 60_000;
        Ticket<int, int> ticket = new(home: 0, new Counter());
        Entry<int, int> entry = new() { DeadlineAt = long.MaxValue };
        ticket.Begin(entry, lane: 0, context: null);
        ticket.Move(TicketPlace.Free, TicketPlace.Ready);
        long version = ticket.Version;
        Meetings meetings = new();
        int expired = 0;
        int wrong = 0;
        Task expiring = Task.Run(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                meetings.Meet();
                Thread.SpinWait(round % 19);
                expired += ticket.TryExpireAttempt(version, now: 1, out _) ? 1 : 0;
                meetings.Meet();
            }
        });
        Task ending = Task.Run(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                AttemptCall<int, int> late = Begin(endsAt: 0);
                meetings.Meet();
                Thread.SpinWait(round % 23);
                End(late);
                AttemptCall<int, int> next = Begin(endsAt: long.MaxValue);
                meetings.Meet();

                // Its time is not up, and whoever cancelled the one before has done so by now.
                wrong += next.Cancellation.IsCancellationRequested ? 1 : 0;
                End(next);
            }
        });

        await Task.WhenAll(expiring, ending).WithinPatienceAsync("every round", () => meetings);

        Assert.Equal(0, wrong);
        Assert.InRange(expired, 1, Rounds);

        AttemptCall<int, int> Begin(long endsAt)
        {
            ticket.EndsAt = endsAt;
            Assert.True(ticket.TryBeginAttempt(TicketPlace.Ready, null!, out AttemptCall<int, int> call, out _));
            return call;
        }

        void End(in AttemptCall<int, int> call)
        {
            Assert.True(ticket.TryEndAttempt(version, call.Number, TicketPlace.Deciding, out _));
            ticket.Move(TicketPlace.Deciding, TicketPlace.Ready);
        }
    }

    /// <summary>Two threads meet, and go on at about the same time.</summary>
    private sealed class Meetings
    {
        private int _arrived;

        public void Meet()
        {
            int own = Interlocked.Increment(ref _arrived);
            int both = own + (own % 2);
            SpinWait spin = default;
            while (Volatile.Read(ref _arrived) < both)
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }

        public override string ToString() => $"{Volatile.Read(ref _arrived) / 2} meetings";
    }

    private sealed class Nowhere : ITicketReturn<int, int>
    {
        public Answer<int> Describe(Ticket<int, int> ticket) => default;

        public void Return(Ticket<int, int> ticket)
        {
        }

        public void OnSettled(ThisThread thread)
        {
        }

        public void GiveUp(Ticket<int, int> ticket, long version, GiveUpReason reason)
        {
        }
    }

    /// <summary>Time that stands still, and one timer that rings when it is told to.</summary>
    private sealed class HandRungTime : TimeProvider, ITimer
    {
        private TimerCallback? _callback;
        private object? _state;
        private int _armed;

        /// <summary>How often the timer was set.</summary>
        public int Armed => Volatile.Read(ref _armed);

        public void Ring() => _callback!(_state);

        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_callback, _state) = (callback, state);
            return this;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _armed);
            return true;
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
