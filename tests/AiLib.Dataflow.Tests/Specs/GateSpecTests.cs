using CsCheck;

namespace AiLib.Dataflow.Tests.Specs;

/// <summary>T-03: credit and permit together, under limits that change; proved for every state, and the real gate driven along every transition.</summary>
public sealed class GateSpecTests
{
    private const int MostInFlight = 4;
    private static readonly int[] Limits = [0, 1, 3];

    private static Spec<GateModel> Create() => Spec.From(new GateModel())
        .Action("Enter", s => s.InFlight < MostInFlight, s => s.Enter())
        .Action("End", s => s.InFlight > 0, s => s.End())
        .Action("Wait", s => !s.HasRoom && s.Waiting < 2 && s.InFlight + s.Waiting < MostInFlight, s => s.Wait())
        .Action("LeaveLine", s => s.Waiting > 0, s => s.LeaveLine())
        .Action("SetLimit", Limits, (s, limit) => s.SetLimit(limit))
        .Action("Trip", s => !s.Open, s => s.Trip())
        .Action("Tick", s => s.Tick())
        .Invariant("I6-WINDOW", "Over every window of length w no more than r·w + b calls start.", s => s.Excess <= GateModel.Burst)
        .Rule("I4-LIMIT", "No call starts while as many as the limit are in flight.", (b, a) => a.InFlight > b.InFlight,
            (_, a) => a.Limit == 0 || a.InFlight <= a.Limit)
        .Rule("I4-RUNNING", "Running calls are left alone when the limit shrinks.", "SetLimit", (b, a) => a.InFlight >= b.InFlight)
        .Rule("CIRCUIT", "An open circuit lets nothing through.", "Enter", (b, _) => b.Open, (_, a) => a.Last != GateModel.Answer.Passed)
        .Rule("NOTHING-KEPT", "A call that is refused has taken nothing.", "Enter", (_, a) => a.Last != GateModel.Answer.Passed,
            (b, a) => a with { Last = b.Last } == b)
        .Rule("TOGETHER", "A call that passes takes one permit and one credit, in one step.", "Enter", (_, a) => a.Last == GateModel.Answer.Passed,
            (b, a) => a.InFlight == b.InFlight + 1 && a.Credits == b.Credits - 1 && a.Excess == b.Excess + 1)
        .Rule("I14-ENTER", "What could pass passes.", "Enter", (b, _) => b is { HasRoom: true, Open: false, Credits: > 0 }, (_, a) => a.Last == GateModel.Answer.Passed)
        .Invariant("I14-LINE", "Nobody waits while there is room.", s => s.Waiting == 0 || !s.HasRoom)
        .Rule("PERMIT-HOME", "The end of a call gives one permit back, to the line or to all.", "End", (b, a) => a.InFlight == b.InFlight - 1 + (b.Waiting - a.Waiting))
        .Rule("LEFT", "Who leaves the line takes nothing.", "LeaveLine", (b, a) => a == b with { Waiting = b.Waiting - 1, Last = a.Last })
        .Rule("I7-REFILL", "With each step comes one credit, and never more than the burst are there.", "Tick",
            (b, a) => a.Credits == Math.Min(GateModel.Burst, b.Credits + 1))
        .Reachable("OVER-LIMIT", "More can be in flight than a limit that has shrunk allows.", s => s.Limit != 0 && s.InFlight > s.Limit)
        .Reachable("HELD-UP", "Someone waits although credits are there.", s => s is { Waiting: > 0, Credits: > 0 });

    [Fact]
    public void The_state_space_closes_without_a_dead_state_and_every_rule_was_put_to_the_test()
    {
        SpecReport<GateModel> report = Create().Exhaustive();

        Assert.True(report.Closed, report.ToString());
        Assert.Equal(0, report.DeadlockStates);
        Assert.Empty(report.NeverTriggered);
        Assert.Empty(report.NeverFired);
    }

    [Fact]
    public void Every_injected_fault_is_caught_by_the_rule_that_is_meant_for_it()
    {
        (string Fault, string Rule)[] intended =
        [
            ("a call passes without a credit", "I6-WINDOW"),
            ("a call starts above a limit that has shrunk", "I4-LIMIT"),
            ("shrinking the limit ends running calls", "I4-RUNNING"),
            ("an open circuit lets a call through", "CIRCUIT"),
            ("the permit is kept when there is no credit", "NOTHING-KEPT"),
            ("the credit is taken before the permit is there", "NOTHING-KEPT"),
            ("a call passes without paying", "TOGETHER"),
            ("no limit is read as a limit of none", "I14-ENTER"),
            ("growing the limit forgets those who wait", "I14-LINE"),
            ("the end of a call forgets those who wait", "I14-LINE"),
            ("a permit is given back twice", "PERMIT-HOME"),
            ("a cancelled wait takes a permit", "LEFT"),
            ("a pause brings more than the burst", "I7-REFILL"),
        ];
        Spec<GateModel> spec = Create()
            .Fault(intended[0].Fault, "Enter", (b, a) => b.Credits == 0 && a.Last == GateModel.Answer.Rate,
                (b, _) => b with { Last = GateModel.Answer.Passed, InFlight = b.InFlight + 1, Excess = b.Excess + 1 })
            .Fault(intended[1].Fault, "Enter", (b, _) => b.Limit != 0 && b.InFlight > b.Limit && b is { Open: false, Credits: > 0 },
                (b, _) => b with { Last = GateModel.Answer.Passed, InFlight = b.InFlight + 1, Credits = b.Credits - 1, Excess = b.Excess + 1 })
            .Fault(intended[2].Fault, "SetLimit", (_, a) => a.Limit != 0 && a.InFlight > a.Limit, (_, a) => a with { InFlight = a.Limit })
            .Fault(intended[3].Fault, "Enter", (b, _) => b is { Open: true, HasRoom: true, Credits: > 0 },
                (b, _) => b with { Last = GateModel.Answer.Passed, InFlight = b.InFlight + 1, Credits = b.Credits - 1, Excess = b.Excess + 1 })
            .Fault(intended[4].Fault, "Enter", (_, a) => a.Last == GateModel.Answer.Rate, (_, a) => a with { InFlight = a.InFlight + 1 })
            .Fault(intended[5].Fault, "Enter", (b, a) => a.Last == GateModel.Answer.InFlight && b.Credits > 0, (_, a) => a with { Credits = a.Credits - 1 })
            .Fault(intended[6].Fault, "Enter", (_, a) => a.Last == GateModel.Answer.Passed, (b, a) => a with { Credits = b.Credits })
            .Fault(intended[7].Fault, "Enter", (b, _) => b is { Limit: 0, Open: false, Credits: > 0 }, (b, _) => b with { Last = GateModel.Answer.InFlight })
            .Fault(intended[8].Fault, "SetLimit", (b, a) => a.Waiting < b.Waiting, (b, a) => a with { Waiting = b.Waiting, InFlight = b.InFlight })
            .Fault(intended[9].Fault, "End", (b, a) => a.Waiting < b.Waiting, (b, a) => a with { Waiting = b.Waiting, InFlight = b.InFlight - 1 })
            .Fault(intended[10].Fault, "End", (_, a) => a.InFlight > 0, (_, a) => a with { InFlight = a.InFlight - 1 })
            .Fault(intended[11].Fault, "LeaveLine", (_, a) => a with { InFlight = a.InFlight - 1 })
            .Fault(intended[12].Fault, "Tick", (b, _) => b.Credits == GateModel.Burst, (_, a) => a with { Credits = GateModel.Burst + 1 });

        SpecFaultsReport report = spec.Faults(threads: 2);

        Assert.Equal(intended.Length, report.Results.Count);
        Assert.All(intended, pair => Assert.True(pair.Rule == report.CaughtBy(pair.Fault), $"{pair.Fault}: {report.CaughtBy(pair.Fault)}\n{report}"));
    }

    [Fact]
    public void The_gate_does_what_the_model_says_on_every_transition()
    {
        SpecReport<GateModel> report = Create().ConformExhaustive(() => new GateUnderTest(), static (gate, step) => gate.Apply(step), threads: 2);

        Assert.True(report.Closed, report.ToString());
        Assert.Equal(report.Transitions, report.ConformedTransitions);
    }
}
