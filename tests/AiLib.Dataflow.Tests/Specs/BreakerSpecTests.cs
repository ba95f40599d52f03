using AiLib.Dataflow.Capacity;
using CsCheck;

namespace AiLib.Dataflow.Tests.Specs;

/// <summary>T-02: the breaker's rules, proved for every state of a small model, and the class driven along every transition of it.</summary>
public sealed class BreakerSpecTests
{
    private static readonly int[] Waits = [0, BreakerModel.LongWait];

    // At most three calls of earlier generations are followed; whoever would make more of them has to report first.
    private static bool HasRoom(BreakerModel s) => s.Stale + s.Out + s.Probes < 4;

    private static Spec<BreakerModel> Create() => Spec.From(new BreakerModel())
        .Action("Enter", s => HasRoom(s) && s.Out < BreakerModel.MaxOut, s => s.Enter())
        .Action("Succeed", s => s.Out > 0, s => s.Succeed())
        .Action("Fail", Waits, (s, _) => s.Out > 0, (s, wait) => s.Fail(wait))
        .Action("GiveUp", s => s.Out > 0, s => s.GiveUp())
        .Action("ProbeSucceeds", s => s.Probes > 0, s => s.ProbeSucceeds())
        .Action("ProbeFails", s => s.Probes > 0, s => s.ProbeFails())
        .Action("ProbeGivenUp", s => s.Probes > 0, s => s.ProbeGivenUp())
        .Action("StaleSucceeds", s => s.Stale > 0, s => s.StaleReport())
        .Action("StaleFails", s => s.Stale > 0, s => s.StaleReport())
        .Action("Trip", Waits, (s, wait) => s.Trip(wait))
        .Action("Tick", s => s.Tick())
        .Invariant("I12a-PROBES", "Half-open: at most k probes are out.", s => s.Probes <= 1 && (s.Probes == 0 || s.State == CircuitState.HalfOpen))
        .Rule("I12a-TURN-AWAY", "Half-open: every extra caller is turned away, not queued.", "Enter",
            (b, _) => b.State == CircuitState.HalfOpen && b.Probes > 0 && b.LeaseLeft > 0, (b, a) => a.Last == BreakerModel.Answer.TurnedAway && a == b with { Last = a.Last })
        .Rule("OPEN-TURNS-AWAY", "An open circuit lets nothing through.", "Enter",
            (b, _) => b.State == CircuitState.Open && b.Cooling > 0, (_, a) => a.Last == BreakerModel.Answer.TurnedAway)
        .Rule("I12b-STALE", "An outcome of an earlier generation changes nothing but a counter.",
            (b, a) => a.Stale < b.Stale, (b, a) => a with { Stale = b.Stale, Last = b.Last } == b)
        .Rule("I12c-CANCELLED-PROBE", "A cancelled probe frees its place and changes no state.", "ProbeGivenUp",
            (_, a) => a.State == CircuitState.HalfOpen && a.Probes == 0)
        .Rule("I12d-LEASE", "A probe that is silent for its lease counts as failed.", "Enter",
            (b, _) => b.Probes > 0 && b.LeaseLeft == 0, (_, a) => a.State == CircuitState.Open && a.Cooling == BreakerModel.Cooldown && a.Last == BreakerModel.Answer.TurnedAway)
        .Rule("I12e-NOT-SHORTER", "Nothing but time shortens a cool-down.", (b, a) => b.State == CircuitState.Open && a.State == CircuitState.Open && a.Cooling < b.Cooling,
            (b, a) => a == b.Tick())
        .Rule("I12e-AT-LEAST", "A circuit that opens stays open at least for the cool-down.",
            (b, a) => b.State != CircuitState.Open && a.State == CircuitState.Open, (_, a) => a.Cooling >= BreakerModel.Cooldown)
        .Rule("I12e-EXTENDS", "A longer wait that was asked for extends.", "Trip", (b, a) => a.Cooling >= b.Cooling && a.Cooling >= BreakerModel.Cooldown)
        .Rule("I12e-PROBES", "After the cool-down the next caller is a probe.", "Enter",
            (b, _) => b.State == CircuitState.Open && b.Cooling == 0, (_, a) => a.State == CircuitState.HalfOpen && a.Probes == 1 && a.Last == BreakerModel.Answer.Passed)
        .Rule("I12f-UNKNOWN", "A call that was given up or was its caller's own fault decides nothing.", "GiveUp",
            (b, a) => a.State == b.State && a.Failures == b.Failures)
        .Rule("I12g-THRESHOLD", "So many failed calls in a row open it.", "Fail",
            (b, _) => b.Failures == BreakerModel.Threshold - 1, (_, a) => a.State == CircuitState.Open)
        .Rule("I12g-BELOW", "Fewer failed calls do not open it.", "Fail",
            (b, _) => b.Failures < BreakerModel.Threshold - 1, (_, a) => a.State == CircuitState.Closed && a.Failures == 1)
        .Rule("ROW-ENDS", "A success ends the row of failures.", "Succeed", (_, a) => a.Failures == 0 && a.State == CircuitState.Closed)
        .Rule("PROBE-CLOSES", "A probe that succeeds closes it.", "ProbeSucceeds", (_, a) => a.State == CircuitState.Closed && a.Failures == 0)
        .Rule("PROBE-OPENS", "A probe that fails opens it.", "ProbeFails", (_, a) => a.State == CircuitState.Open)
        .Invariant("CONSERVATION", "Nobody who was let through is forgotten.", s => s.Out >= 0 && s.Stale >= 0 && (s.Out == 0 || s.State == CircuitState.Closed))
        .Reachable("RECOVERS", "It can open, probe and close while an earlier call is still out.", s => s is { State: CircuitState.Closed, Stale: > 0 });

    [Fact]
    public void The_state_space_closes_without_a_dead_state_and_every_rule_was_put_to_the_test()
    {
        SpecReport<BreakerModel> report = Create().Exhaustive();

        Assert.True(report.Closed, report.ToString());
        Assert.Equal(0, report.DeadlockStates);
        Assert.Empty(report.NeverTriggered);
        Assert.Empty(report.NeverFired);
    }

    [Fact]
    public void Every_injected_fault_is_caught_by_the_rule_that_is_meant_for_it()
    {
        Spec<BreakerModel> spec = Create()
            .Fault("extra callers pass while a probe is out", "Enter", (b, _) => b is { State: CircuitState.HalfOpen, Probes: 1, LeaseLeft: > 0 },
                (_, a) => a with { Probes = 2 })
            .Fault("an extra caller restarts the lease", "Enter", (b, _) => b is { State: CircuitState.HalfOpen, Probes: 1, LeaseLeft: 1 },
                (_, a) => a with { LeaseLeft = BreakerModel.Lease })
            .Fault("a late success closes the circuit", "StaleSucceeds", (b, _) => b.State == CircuitState.HalfOpen, (_, a) => a with { State = CircuitState.Closed, Probes = 0 })
            .Fault("a late failure counts", "StaleFails", (b, _) => b is { State: CircuitState.Closed, Failures: 0 }, (_, a) => a with { Failures = 1 })
            .Fault("a cancelled probe closes the circuit", "ProbeGivenUp", (_, a) => a with { State = CircuitState.Closed })
            .Fault("a cancelled probe keeps its place", "ProbeGivenUp", (b, a) => a with { Probes = 1, LeaseLeft = b.LeaseLeft })
            .Fault("a silent probe jams the circuit", "Enter", (b, _) => b is { Probes: > 0, LeaseLeft: 0 }, (b, _) => b with { Last = BreakerModel.Answer.TurnedAway })
            .Fault("a new trip restarts a longer cool-down", "Trip", (b, _) => b.Cooling == BreakerModel.LongWait, (_, a) => a with { Cooling = BreakerModel.Cooldown })
            .Fault("a turned away caller shortens the cool-down", "Enter", (b, a) => b.Cooling > 1 && a.State == CircuitState.Open, (_, a) => a with { Cooling = a.Cooling - 1 })
            .Fault("it opens for no time at all", "Fail", (_, a) => a.State == CircuitState.Open, (_, a) => a with { Cooling = 0 })
            .Fault("an open circuit never probes", "Enter", (b, _) => b is { State: CircuitState.Open, Cooling: 0 },
                (b, _) => b with { Last = BreakerModel.Answer.TurnedAway })
            .Fault("an open circuit lets a caller through", "Enter", (b, _) => b is { State: CircuitState.Open, Cooling: > 0 }, (b, _) => b with { Last = BreakerModel.Answer.Passed })
            .Fault("a caller's own error counts as a failure", "GiveUp", (b, _) => b.Failures == 0, (_, a) => a with { Failures = 1 })
            .Fault("it counts retry loops and not calls", "Fail", (_, a) => a.State == CircuitState.Open, (b, _) => b with { Out = b.Out - 1, Last = BreakerModel.Answer.Reported })
            .Fault("one failure opens it", "Fail", (b, _) => b.Failures == 0, (b, a) => a with { State = CircuitState.Open, Cooling = 2, Failures = 0, Stale = b.Stale + a.Out, Out = 0 })
            .Fault("a success only takes one failure away", "Succeed", (b, _) => b.Failures == 1, (_, a) => a with { Failures = 1 })
            .Fault("a probe's success leaves the failures", "ProbeSucceeds", (_, a) => a with { Failures = 1 })
            .Fault("a probe's failure leaves it half-open", "ProbeFails", (_, a) => a with { State = CircuitState.HalfOpen, Cooling = 0 });

        SpecFaultsReport report = spec.Faults(threads: 2);

        Dictionary<string, string> intended = new(StringComparer.Ordinal)
        {
            ["extra callers pass while a probe is out"] = "I12a-PROBES",
            ["an extra caller restarts the lease"] = "I12a-TURN-AWAY",
            ["a late success closes the circuit"] = "I12b-STALE",
            ["a late failure counts"] = "I12b-STALE",
            ["a cancelled probe closes the circuit"] = "I12c-CANCELLED-PROBE",
            ["a cancelled probe keeps its place"] = "I12c-CANCELLED-PROBE",
            ["a silent probe jams the circuit"] = "I12d-LEASE",
            ["a new trip restarts a longer cool-down"] = "I12e-EXTENDS",
            ["a turned away caller shortens the cool-down"] = "I12e-NOT-SHORTER",
            ["it opens for no time at all"] = "I12e-AT-LEAST",
            ["an open circuit never probes"] = "I12e-PROBES",
            ["an open circuit lets a caller through"] = "OPEN-TURNS-AWAY",
            ["a caller's own error counts as a failure"] = "I12f-UNKNOWN",
            ["it counts retry loops and not calls"] = "I12g-THRESHOLD",
            ["one failure opens it"] = "I12g-BELOW",
            ["a success only takes one failure away"] = "ROW-ENDS",
            ["a probe's success leaves the failures"] = "PROBE-CLOSES",
            ["a probe's failure leaves it half-open"] = "PROBE-OPENS",
        };
        Assert.Equal(intended.Count, report.Results.Count);
        Assert.All(intended, pair => Assert.True(pair.Value == report.CaughtBy(pair.Key), $"{pair.Key}: {report.CaughtBy(pair.Key)}\n{report}"));
    }

    [Fact]
    public void The_breaker_does_what_the_model_says_on_every_transition()
    {
        SpecReport<BreakerModel> report = Create().ConformExhaustive(() => new BreakerUnderTest(), static (breaker, step) => breaker.Apply(step), threads: 2);

        Assert.True(report.Closed, report.ToString());
        Assert.Equal(report.Transitions, report.ConformedTransitions);
        Assert.Equal(report.States, report.ConformedStates);
    }
}
