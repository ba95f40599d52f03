using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Tests.Capacity;

public sealed class CircuitBreakerTests
{
    private readonly TestTime _time = new();
    private readonly List<CircuitChange> _changes = [];

    private CircuitBreaker Create(Action<CircuitBreakerOptions>? configure = null)
    {
        CircuitBreakerOptions options = new() { FailureThreshold = 3, Cooldown = TimeSpan.FromSeconds(30), ProbeLease = TimeSpan.FromSeconds(60) };
        configure?.Invoke(options);
        return new CircuitBreaker(options, _time, _changes.Add);
    }

    private static CircuitPass Enter(CircuitBreaker breaker)
    {
        Assert.True(breaker.TryEnter(out CircuitPass pass, out _));
        return pass;
    }

    private static void Fail(CircuitBreaker breaker, int times)
    {
        for (int n = 0; n < times; n++)
        {
            breaker.Report(Enter(breaker), TargetHealth.Unhealthy);
        }
    }

    private CircuitBreaker HalfOpen(Action<CircuitBreakerOptions>? configure = null)
    {
        CircuitBreaker breaker = Create(configure);
        breaker.Trip();
        _time.Advance(30);
        return breaker;
    }

    [Fact]
    [Trait("Fault", "P4")]
    public void It_opens_after_as_many_failed_calls_in_a_row_as_the_threshold_says()
    {
        CircuitBreaker breaker = Create();

        Fail(breaker, 2);
        Assert.Equal(CircuitState.Closed, breaker.State);
        Fail(breaker, 1);

        Assert.Equal(CircuitState.Open, breaker.State);
        Assert.Equal(TimeSpan.FromSeconds(30), breaker.OpenFor);
    }

    [Fact]
    [Trait("Fault", "P12")]
    public void A_success_ends_the_row()
    {
        CircuitBreaker breaker = Create();

        Fail(breaker, 2);
        breaker.Report(Enter(breaker), TargetHealth.Healthy);
        Fail(breaker, 2);

        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    [Trait("Fault", "P12")]
    public void Half_of_the_calls_failing_opens_it_although_never_two_in_a_row_do()
    {
        CircuitBreaker breaker = Create();
        int calls = 0;

        while (breaker.State == CircuitState.Closed && calls < 1000)
        {
            breaker.Report(Enter(breaker), calls++ % 2 == 0 ? TargetHealth.Unhealthy : TargetHealth.Healthy);
        }

        // At the 21st, because the share is judged at a failure and from twenty calls on.
        Assert.Equal(21, calls);
    }

    [Fact]
    public void Failures_that_have_left_the_window_do_not_count()
    {
        CircuitBreaker breaker = Create(options => options.FailureThreshold = 0);
        for (int n = 0; n < 19; n++)
        {
            breaker.Report(Enter(breaker), TargetHealth.Unhealthy);
        }

        _time.Advance(31);
        breaker.Report(Enter(breaker), TargetHealth.Unhealthy);

        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    [Trait("Invariant", "I12a")]
    [Trait("Fault", "P5")]
    public void Half_open_lets_so_many_probes_through_and_turns_everyone_else_away()
    {
        CircuitBreaker breaker = HalfOpen(options => options.MaxProbes = 2);

        CircuitPass first = Enter(breaker);
        Enter(breaker);
        for (int n = 0; n < 100; n++)
        {
            Assert.False(breaker.TryEnter(out _, out TimeSpan retryAfter));
            Assert.Equal(TimeSpan.FromSeconds(60), retryAfter);
        }

        breaker.Report(first, TargetHealth.Unhealthy);
        Assert.Equal(CircuitState.Open, breaker.State);
        Assert.False(breaker.TryEnter(out _, out _));
        Assert.Equal(101, breaker.Counts.Rejected);
    }

    [Theory]
    [InlineData(TargetHealth.Healthy)]
    [InlineData(TargetHealth.Unhealthy)]
    [Trait("Invariant", "I12b")]
    [Trait("Fault", "P7")]
    public void An_outcome_of_an_earlier_generation_changes_nothing_but_a_counter(TargetHealth health)
    {
        CircuitBreaker breaker = Create();
        CircuitPass old = Enter(breaker);
        breaker.Trip();
        _time.Advance(30);
        CircuitPass probe = Enter(breaker);

        breaker.Report(old, health);

        Assert.Equal(CircuitState.HalfOpen, breaker.State);
        Assert.Equal(1, breaker.Counts.Ignored);
        breaker.Report(probe, TargetHealth.Healthy);
        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    [Trait("Invariant", "I12c")]
    [Trait("Fault", "P8")]
    public void A_cancelled_probe_frees_its_place_and_changes_no_state()
    {
        CircuitBreaker breaker = HalfOpen();
        CircuitPass probe = Enter(breaker);
        Assert.False(breaker.TryEnter(out _, out _));

        breaker.Report(probe, TargetHealth.Unknown);

        Assert.Equal(CircuitState.HalfOpen, breaker.State);
        Assert.True(breaker.TryEnter(out _, out _));
    }

    [Fact]
    [Trait("Invariant", "I12d")]
    public void A_probe_that_is_silent_for_its_lease_counts_as_failed()
    {
        CircuitBreaker breaker = HalfOpen();
        CircuitPass silent = Enter(breaker);

        _time.Advance(60);
        Assert.False(breaker.TryEnter(out _, out TimeSpan retryAfter));

        Assert.Equal((CircuitState.Open, TimeSpan.FromSeconds(30)), (breaker.State, retryAfter));
        breaker.Report(silent, TargetHealth.Healthy);
        Assert.Equal(CircuitState.Open, breaker.State);
    }

    [Fact]
    [Trait("Invariant", "I12e")]
    [Trait("Fault", "P32")]
    public void Time_moves_the_state_whether_or_not_anyone_asks()
    {
        CircuitBreaker breaker = Create();
        breaker.Trip();

        _time.Advance(29.999);
        Assert.Equal((CircuitState.Open, false), (breaker.State, breaker.TryEnter(out _, out _)));
        _time.Advance(0.001);

        Assert.Equal((CircuitState.HalfOpen, TimeSpan.Zero), (breaker.State, breaker.TimeUntilPass()));
        Assert.True(breaker.TryEnter(out _, out _));
    }

    [Theory]
    [InlineData(40, 40)]
    [InlineData(5, 30)]
    [InlineData(null, 30)]
    [Trait("Invariant", "I12e")]
    public void An_opening_circuit_stays_open_at_least_as_long_as_the_target_asked(int? asked, int expected)
    {
        CircuitBreaker breaker = Create(options => options.FailureThreshold = 1);

        breaker.Report(Enter(breaker), TargetHealth.Unhealthy, asked is { } seconds ? TimeSpan.FromSeconds(seconds) : null);

        Assert.Equal(TimeSpan.FromSeconds(expected), breaker.OpenFor);
    }

    [Fact]
    [Trait("Invariant", "I12e")]
    public void A_new_trip_extends_an_open_circuit_and_never_shortens_it()
    {
        CircuitBreaker breaker = Create();
        breaker.Trip(TimeSpan.FromSeconds(100));

        _time.Advance(10);
        breaker.Trip();
        Assert.Equal(TimeSpan.FromSeconds(90), breaker.OpenFor);
        breaker.Trip(TimeSpan.FromSeconds(200));

        Assert.Equal(TimeSpan.FromSeconds(200), breaker.OpenFor);
        Assert.Single(_changes);
    }

    [Fact]
    [Trait("Fault", "P35")]
    public void The_cool_down_counts_from_the_opening()
    {
        CircuitBreaker breaker = Create(options => options.FailureThreshold = 1);
        CircuitPass late = Enter(breaker);
        Fail(breaker, 1);

        _time.Advance(20);
        breaker.Report(late, TargetHealth.Unhealthy);

        Assert.Equal(TimeSpan.FromSeconds(10), breaker.OpenFor);
    }

    [Fact]
    [Trait("Invariant", "I12f")]
    [Trait("Fault", "P11")]
    public void What_says_nothing_about_the_target_never_opens_it()
    {
        CircuitBreaker breaker = Create(options => options.FailureThreshold = 1);

        for (int n = 0; n < 1000; n++)
        {
            breaker.Report(Enter(breaker), TargetHealth.Unknown);
        }

        Assert.Equal((CircuitState.Closed, 1000L), (breaker.State, breaker.Counts.Ignored));
    }

    [Fact]
    [Trait("Invariant", "I12g")]
    public void Each_call_counts_once_however_many_are_out_at_the_same_time()
    {
        CircuitBreaker breaker = Create();
        CircuitPass[] calls = [Enter(breaker), Enter(breaker), Enter(breaker), Enter(breaker)];

        foreach (CircuitPass call in calls)
        {
            breaker.Report(call, TargetHealth.Unhealthy);
        }

        Assert.Equal(CircuitState.Open, breaker.State);
        Assert.Single(_changes);
        Assert.Equal(new CircuitCounts(Total: 4, Succeeded: 0, Failed: 3, Ignored: 1, Rejected: 0, Outstanding: 0), breaker.Counts);
    }

    [Fact]
    [Trait("Invariant", "I12h")]
    public void Two_breakers_share_nothing()
    {
        CircuitBreaker one = Create();
        CircuitBreaker other = Create();

        Fail(one, 3);

        Assert.Equal((CircuitState.Open, CircuitState.Closed), (one.State, other.State));
    }

    [Fact]
    public void So_many_probes_must_succeed_to_close_it()
    {
        CircuitBreaker breaker = HalfOpen(options => options.ProbesToClose = 3);

        for (int n = 1; n <= 3; n++)
        {
            Assert.Equal(CircuitState.HalfOpen, breaker.State);
            breaker.Report(Enter(breaker), TargetHealth.Healthy);
        }

        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public void A_closed_circuit_has_forgotten_the_failures_before()
    {
        CircuitBreaker breaker = Create();
        Fail(breaker, 3);
        _time.Advance(30);
        breaker.Report(Enter(breaker), TargetHealth.Healthy);

        Fail(breaker, 2);

        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public void The_counts_add_up_after_every_step()
    {
        CircuitBreaker breaker = Create(options => options.MaxProbes = 2);
        Random random = new(11);
        List<CircuitPass> outstanding = [];

        for (int step = 0; step < 20_000; step++)
        {
            switch (random.Next(4))
            {
                case 0 or 1 when breaker.TryEnter(out CircuitPass pass, out _):
                    outstanding.Add(pass);
                    break;
                case 2 when outstanding.Count > 0:
                    int index = random.Next(outstanding.Count);
                    breaker.Report(outstanding[index], (TargetHealth)random.Next(3));
                    outstanding.RemoveAt(index);
                    break;
                default:
                    _time.Advance(random.Next(20));
                    break;
            }

            CircuitCounts counts = breaker.Counts;
            Assert.Equal(counts.Total, counts.Succeeded + counts.Failed + counts.Ignored + counts.Rejected + counts.Outstanding);
            Assert.Equal(outstanding.Count, counts.Outstanding);
        }

        Assert.True(_changes.Count > 100, $"{_changes.Count} changes");
    }

    [Fact]
    [Trait("Fault", "P9")]
    [Trait("Fault", "P10")]
    public void A_callback_may_use_the_breaker_it_belongs_to()
    {
        CircuitBreaker? breaker = null;
        List<CircuitState> seen = [];
        breaker = new CircuitBreaker(new CircuitBreakerOptions { FailureThreshold = 1 }, _time, _ =>
        {
            seen.Add(breaker!.State);
            breaker.TryEnter(out CircuitPass pass, out TimeSpan _);
            Task.Run(() => breaker.Counts).Wait();
        });

        breaker.Report(Enter(breaker), TargetHealth.Unhealthy);

        Assert.Equal([CircuitState.Open], seen);
    }

    [Fact]
    public async Task Alone_it_runs_operations_and_turns_them_away_with_the_time()
    {
        CircuitBreaker breaker = Create(options => options.FailureThreshold = 1);
        Assert.Equal(1, await breaker.ExecuteAsync(_ => ValueTask.FromResult(1)));
        await Assert.ThrowsAsync<TimeoutException>(async () => await breaker.ExecuteAsync<int>(_ => throw new TimeoutException()));

        CircuitOpenException open = await Assert.ThrowsAsync<CircuitOpenException>(async () => await breaker.ExecuteAsync(_ => ValueTask.FromResult(1)));

        Assert.Equal(TimeSpan.FromSeconds(30), open.RetryAfter);
    }

    [Fact]
    public async Task Alone_a_call_that_its_caller_cancels_decides_nothing()
    {
        CircuitBreaker breaker = Create(options => options.FailureThreshold = 1);
        using CancellationTokenSource cancellation = new();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await breaker.ExecuteAsync<int>(
            token => throw new OperationCanceledException(token), cancellation.Token));

        Assert.Equal((CircuitState.Closed, 1L), (breaker.State, breaker.Counts.Ignored));
    }

    [Theory]
    [InlineData(CircuitState.Closed, "closed")]
    [InlineData(CircuitState.HalfOpen, "half_open")]
    [InlineData(CircuitState.Open, "open")]
    public void States_are_printed_as_everywhere_in_the_family(CircuitState state, string text) => Assert.Equal(text, state.ToText());
}
