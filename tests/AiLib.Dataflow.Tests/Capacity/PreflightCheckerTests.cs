using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Tests.Capacity;

public sealed class PreflightCheckerTests
{
    private readonly TestTime _time = new();

    private PreflightChecker Create(double? rate = null, long? burst = null, int inflight = 2, long? tokens = null) => new(
        new CircuitBreaker(new CircuitBreakerOptions { FailureThreshold = 1 }, _time),
        new RateLimiter(new RateLimiterOptions { RequestsPerSecond = rate, BurstSize = burst, TokensPerMinute = tokens }, _time),
        new Backpressure(inflight));

    private static PreflightPass Enter(PreflightChecker gate)
    {
        Assert.True(gate.TryEnter(0, out PreflightPass? pass, out Refusal? refusal), refusal?.ToString());
        return pass!;
    }

    [Fact]
    [Trait("Fault", "P30")]
    public void A_gate_with_room_lets_through_and_one_without_limits_always_does()
    {
        PreflightChecker full = Create(rate: 1);
        PreflightChecker unlimited = new();

        Enter(full).Complete(OutcomeKind.Answered);
        Assert.False(full.TryEnter(0, out PreflightPass? none, out Refusal? refusal));
        for (int n = 0; n < 100; n++)
        {
            Enter(unlimited);
        }

        Assert.Null(none);
        Assert.Equal(("rate", TimeSpan.FromSeconds(1)), (refusal!.Check, refusal.RetryAfter));
        Assert.Null(unlimited.Check());
    }

    [Fact]
    [Trait("Fault", "P31")]
    public void A_permit_is_taken_and_not_only_looked_at()
    {
        PreflightChecker gate = Create(inflight: 1);

        PreflightPass pass = Enter(gate);
        int passed = Enumerable.Range(0, 50).Count(_ => gate.TryEnter(0, out PreflightPass? _, out Refusal? _));
        Assert.Equal((0, "in_flight"), (passed, gate.Check()!.Check));
        pass.Dispose();

        Assert.Null(gate.Check());
    }

    [Fact]
    [Trait("Fault", "P32")]
    public void An_open_circuit_lets_a_probe_through_after_its_time()
    {
        PreflightChecker gate = Create();
        Enter(gate).Complete(OutcomeKind.Failed);

        Assert.False(gate.TryEnter(0, out _, out Refusal? refusal));
        Assert.Equal(("circuit", TimeSpan.FromSeconds(30)), (refusal!.Check, refusal.RetryAfter));
        _time.Advance(30);

        Assert.Null(gate.Check());
        Enter(gate).Complete(OutcomeKind.Answered);
        Assert.Equal(CircuitState.Closed, gate.CircuitBreaker!.State);
    }

    [Fact]
    [Trait("Fault", "P33")]
    public void The_breaker_learns_what_came_of_each_call()
    {
        PreflightChecker gate = Create(inflight: 10);

        Enter(gate).Complete(OutcomeKind.Answered);
        Enter(gate).Complete(OutcomeKind.Rejected);
        Enter(gate).Dispose();
        Enter(gate).Complete(OutcomeKind.TimedOut);

        Assert.Equal(new CircuitCounts(Total: 4, Succeeded: 1, Failed: 1, Ignored: 2, Rejected: 0, Outstanding: 0), gate.CircuitBreaker!.Counts);
        Assert.Equal(1, gate.Backpressure!.Dropped);
    }

    [Fact]
    [Trait("Fault", "P3")]
    public void What_is_refused_has_taken_nothing()
    {
        PreflightChecker gate = Create(rate: 1, inflight: 2);
        Enter(gate).Dispose();

        Assert.False(gate.TryEnter(0, out _, out Refusal? noCredit));
        Assert.Equal(("rate", 0), (noCredit!.Check, gate.Backpressure!.InFlight));
        gate.CircuitBreaker!.Trip();
        Assert.False(gate.TryEnter(0, out _, out Refusal? open));

        Assert.Equal(("circuit", 0), (open!.Check, gate.Backpressure.InFlight));
        Assert.Equal(0, gate.CircuitBreaker.Counts.Outstanding);
    }

    [Fact]
    public void A_refused_call_costs_no_credit()
    {
        PreflightChecker gate = Create(rate: 1, burst: 5, inflight: 1);
        Enter(gate);

        for (int n = 0; n < 10; n++)
        {
            Assert.False(gate.TryEnter(0, out _, out _));
        }

        Assert.Equal(4, gate.RateLimiter!.Remaining);
    }

    [Fact]
    public void A_probes_place_comes_back_when_there_is_no_credit_for_it()
    {
        PreflightChecker gate = Create(rate: 0.01, inflight: 5);
        Enter(gate).Complete(OutcomeKind.Failed);
        _time.Advance(30);

        Assert.False(gate.TryEnter(0, out _, out Refusal? refusal));
        Assert.Equal("rate", refusal!.Check);
        _time.Advance(70);

        Enter(gate).Complete(OutcomeKind.Answered);
        Assert.Equal(CircuitState.Closed, gate.CircuitBreaker!.State);
    }

    [Fact]
    public void A_pass_ends_once_whatever_is_called_on_it_how_often()
    {
        PreflightChecker gate = Create(tokens: 100);
        Assert.True(gate.TryEnter(40, out PreflightPass? pass, out _));

        pass!.Complete(OutcomeKind.Answered, cost: 10);
        pass.Complete(OutcomeKind.Failed, cost: 100);
        pass.Dispose();

        Assert.Equal((0, 90L, 1L, 0L), (gate.Backpressure!.InFlight, gate.RateLimiter!.TokensRemaining, gate.CircuitBreaker!.Counts.Succeeded, gate.CircuitBreaker.Counts.Failed));
    }

    [Fact]
    public void What_never_fits_is_said_so()
    {
        PreflightChecker gate = Create(tokens: 100);

        Assert.False(gate.TryEnter(101, out _, out Refusal? refusal));

        Assert.Equal(("never_fits", "never_fits", (TimeSpan?)null), (refusal!.Check, gate.Check(101)!.Check, refusal.RetryAfter));
    }

    [Fact]
    public void A_negative_cost_is_an_error_and_takes_nothing()
    {
        PreflightChecker gate = Create(rate: 1, burst: 5);

        Assert.Throws<ArgumentOutOfRangeException>(() => gate.TryEnter(-1, out _, out _));

        Assert.Equal((0, 5L, 0L), (gate.Backpressure!.InFlight, gate.RateLimiter!.Remaining, gate.CircuitBreaker!.Counts.Outstanding));
    }
}
