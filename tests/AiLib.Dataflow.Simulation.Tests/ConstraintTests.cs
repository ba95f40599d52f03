using AiLib.Dataflow.Recovery;
using AiLib.Dataflow.Signals;
using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests;

/// <summary>Signals name what binds: each constraint is made the only one, and has to be named for nine tenths of the time.</summary>
public sealed class ConstraintTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void A_slow_source_is_named() => Named(Constraint.Input, world =>
    {
        world.Latency = Second;
        return world.StreamAsync(100, pause: 10 * Second);
    });

    [Fact]
    public void A_source_that_waits_is_named_after_slots_were_short() => Named(Constraint.Input, world =>
    {
        world.Target.Slots = world.Target.Backpressure.MaxInflight = 4;
        world.Latency = Second;
        return world.StreamAsync(100, pause: 100 * Second, at: static index => index % 20 == 0);
    });

    [Fact]
    public void Request_credits_are_named() => Named(Constraint.RequestCredits, world =>
    {
        world.Target.RateLimiter.RequestsPerMinute = 60;
        world.Target.RateLimiter.TokensPerMinute = 60_000;
        return world.StreamAsync(300, cost: 900);
    });

    [Fact]
    public void Token_credits_are_named() => Named(Constraint.TokenCredits, world =>
    {
        world.Target.RateLimiter.RequestsPerMinute = 60;
        world.Target.RateLimiter.TokensPerMinute = 60_000;
        world.Target.RateLimiter.TokenBurst = 1_100;
        return world.StreamAsync(300, cost: 1_100);
    });

    [Fact]
    public void A_limit_over_a_pool_is_named_for_the_pipeline_whichever_member_waits_for_it() => Named(
        Constraint.RequestCredits,
        world =>
        {
            world.SharedPerMinute = 60;
            return world.StreamAsync(300);
        },
        target: null);

    [Fact]
    public void The_limit_in_flight_is_named() => Named(Constraint.InFlight, world =>
    {
        world.Target.Backpressure.MaxInflight = 2;
        world.Latency = Second;
        return world.StreamAsync(200);
    });

    [Fact]
    public void Slots_that_attempts_hold_are_a_limit_in_flight() => Named(Constraint.InFlight, world =>
    {
        world.Target.Backpressure.MaxInflight = 0;
        world.Target.Slots = 2;
        world.Latency = Second;
        return world.StreamAsync(200);
    });

    [Fact]
    public void The_limit_in_flight_is_named_for_callers() => Named(Constraint.InFlight, world =>
    {
        world.Target.Backpressure.MaxInflight = 1;
        world.Latency = Second;
        return Task.WhenAll(Enumerable.Range(0, 4).Select(_ => world.CallAsync(50)));
    });

    [Fact]
    public void A_slow_target_is_named_to_one_who_waits_for_each_answer() => Named(Constraint.ProviderLatency, world =>
    {
        world.Latency = 10 * Second;
        return world.CallAsync(100);
    });

    [Fact]
    public void A_slow_target_is_named_at_the_end_of_a_stream() => Named(Constraint.ProviderLatency, world =>
    {
        world.Latency = 500 * Second;
        return world.StreamAsync(20);
    });

    [Fact]
    public void A_target_that_takes_no_more_is_named_and_not_the_limit_that_found_it() => Named(Constraint.ProviderLatency, world =>
    {
        world.Target.AdaptiveLimit = new() { Max = 1_000 };
        world.Latency = Second;
        world.RejectsAbove = 4;
        world.Target.CircuitBreaker.FailureThreshold = 0;
        world.Target.CircuitBreaker.FailureRatio = 0;
        return world.StreamAsync(3_000);
    });

    [Fact]
    public void Waits_before_retries_are_named() => Named(Constraint.RetryWait, world =>
    {
        world.FailsFirst = true;
        world.Target.CircuitBreaker.FailureThreshold = 0;
        world.Target.CircuitBreaker.FailureRatio = 0;
        world.Target.Retry.InitialDelay = 20 * Second;
        world.Target.Retry.MaxDelay = 20 * Second;
        world.Target.Retry.Jitter = Jitter.None;
        return world.StreamAsync(30);
    });

    [Fact]
    public void Slots_that_waits_for_retries_hold_are_waits_for_retries() => Named(Constraint.RetryWait, world =>
    {
        world.FailsFirst = true;
        world.Target.Slots = world.Target.Backpressure.MaxInflight = 4;
        world.Target.CircuitBreaker.FailureThreshold = 0;
        world.Target.CircuitBreaker.FailureRatio = 0;
        world.Target.Retry.InitialDelay = 20 * Second;
        world.Target.Retry.Jitter = Jitter.None;
        return world.StreamAsync(80);
    });

    [Fact]
    public void A_slow_consumer_is_named() => Named(Constraint.Consumer, world =>
    {
        world.Target.Slots = 16;
        world.Target.Backpressure.MaxInflight = 8;
        world.Latency = 10 * Millisecond;
        world.TakesFor = Second;
        return world.StreamAsync(200);
    });

    [Fact]
    public void A_slow_consumer_is_named_where_answers_come_at_once() => Named(Constraint.Consumer, world =>
    {
        world.Latency = TimeSpan.Zero;
        world.TakesFor = Second;
        return world.StreamAsync(500);
    });

    [Fact]
    public void A_consumer_that_does_not_come_back_is_named() => Named(Constraint.Consumer, world =>
    {
        world.Target.Slots = world.Target.Backpressure.MaxInflight = 4;
        world.Latency = Second;
        world.TakesFor = 1_000 * Second;
        return world.StreamAsync(4);
    });

    [Fact]
    public void A_target_that_cannot_be_called_is_named() => Named(Constraint.Unavailable, world =>
    {
        world.FailsUntil = 1_000 * Second;
        world.Target.Retry.MaxRetries = 1;
        world.Target.CircuitBreaker.FailureThreshold = 1;
        world.Target.CircuitBreaker.Cooldown = 30 * Second;
        return world.StreamAsync(60);
    });

    [Fact]
    public void Nothing_is_named_when_there_is_nothing_to_do() => Named(Constraint.None, world =>
    {
        world.Latency = Millisecond;
        return world.CallAsync(100, pause: Second);
    });

    [Fact]
    public void A_spare_target_does_not_hide_what_binds_the_one_in_use() => Named(
        Constraint.RequestCredits,
        world =>
        {
            world.Target.RateLimiter.RequestsPerMinute = 60;
            return world.StreamAsync(300, to: "0");
        },
        targets: 2);

    [Fact]
    public void A_dead_target_does_not_hide_what_binds_the_one_that_answers() => Named(
        Constraint.InFlight,
        world =>
        {
            world.Target.Backpressure.MaxInflight = 2;
            world.Target.CircuitBreaker.FailureThreshold = 1;
            world.Target.Retry.MaxRetries = 0;
            world.Latency = Second;
            world.Dead = "0";
            return world.StreamAsync(300);
        },
        targets: 2,
        target: 1);

    [Fact]
    public void Shares_between_two_snapshots_are_those_of_the_time_between()
    {
        using ConstraintWorld world = new(seed: 1);
        world.Latency = 10 * Second;
        world.Build();
        SignalsSnapshot start = world.Signals;
        world.Run(world.CallAsync(1));
        SignalsSnapshot after = world.Signals;
        world.Run(Task.Delay(30 * Second, world.Time));
        SignalsSnapshot end = world.Signals;

        Assert.Equal(1, after.ConstraintsSince(start).Share(Constraint.ProviderLatency));
        Assert.Equal(1, end.ConstraintsSince(after).Share(Constraint.None));
        Assert.Equal(0.25, end.Constraints.Share(Constraint.ProviderLatency));
        Assert.Equal((Constraint.None, 40 * Second), (end.Constraints.Binding, end.Constraints.Total));
    }

    [Fact]
    public void A_snapshot_in_the_middle_of_a_wait_counts_what_has_passed_of_it()
    {
        using ConstraintWorld world = new(seed: 1);
        world.Latency = 10 * Second;
        world.Build();
        Task call = world.CallAsync(1);
        world.Run(Task.Delay(4 * Second, world.Time));

        Assert.Equal(4 * Second, world.Signals.Targets[0].Constraints[Constraint.ProviderLatency]);
        world.Run(call);
    }

    [Fact]
    public void Before_any_time_has_passed_nothing_binds()
    {
        ConstraintTimes none = default;

        Assert.Equal((Constraint.None, 1.0, 0.0), (none.Binding, none.Share(Constraint.None), none.Share(Constraint.Input)));
    }

    private static void Named(Constraint constraint, Func<ConstraintWorld, Task> actor, int targets = 1, int? target = 0) => Simulation.ForEachSeed(Simulation.Seeds(20), seed =>
    {
        using ConstraintWorld world = new(seed) { Targets = targets };
        Task acts = actor(world);
        world.Run(acts);

        SignalsSnapshot end = world.Signals;
        if (target is { } index)
        {
            ConstraintTimes one = end.Targets[index].Constraints;
            Assert.True(one.Binding == constraint && one.Share(constraint) >= 0.9, $"the target: {Describe(one)}");
        }

        Assert.True(end.Constraints.Binding == constraint && end.Constraints.Share(constraint) >= 0.9, $"the pipeline: {Describe(end.Constraints)}");
        Assert.All(end.Targets, each => Assert.Equal(world.Time.Elapsed, each.Constraints.Total));
        Assert.Equal(1, Enum.GetValues<Constraint>().Sum(end.Constraints.Share), 6);
    });

    private static string Describe(ConstraintTimes times) =>
        string.Join(", ", Enum.GetValues<Constraint>().Where(each => times[each] > TimeSpan.Zero).Select(each => $"{each} {times.Share(each):P1}"));
}
