using CsCheck;

namespace AiLib.Dataflow.Tests.Specs;

/// <summary>T-01: admission, requeue and redirect, with givers-up and a stop at any moment; proved for every state.</summary>
public sealed class FlowSpecTests
{
    private static readonly int[] Lanes = [0, 1];
    private static readonly int[] Slots = [0, 1, 2];

    internal static Spec<FlowModel> Create() => Spec.From(FlowModel.Start)
        .Action("Admit", Lanes, (s, lane) => s.CanAdmit(lane), (s, lane) => s.Admit(lane), weight: 20)
        .Action("Begin", Slots, (s, slot) => s.CanBegin(slot), (s, slot) => s.Begin(slot), weight: 20)
        .Action("Answer", Slots, (s, slot) => s[slot].Spot == Spot.InFlight && !IsStuck(s, slot), (s, slot) => s.Answer(slot), weight: 20)
        .Action("Fail", Slots, (s, slot) => s[slot].Spot == Spot.InFlight && !IsStuck(s, slot), (s, slot) => s.Fail(slot), weight: 20)
        .Action("BecomeDue", Slots, (s, slot) => s[slot] is { Spot: Spot.Delayed, GivenUp: false } && !s.Ended, (s, slot) => s.BecomeDue(slot), weight: 20)
        .Action("GiveUp", Slots, (s, slot) => s[slot] is { CanMove: true, GivenUp: false }, (s, slot) => s.GiveUp(slot))
        .Action("DropReady", Slots, (s, slot) => s[slot] is { Spot: Spot.Ready, GivenUp: true } && !s.Ended && !IsStuck(s, slot), (s, slot) => s.Drop(slot))
        .Action("DropDelayed", Slots, (s, slot) => s[slot] is { Spot: Spot.Delayed, GivenUp: true } && !s.Ended, (s, slot) => s.Drop(slot))
        .Action("Take", Slots, (s, slot) => s[slot].Spot == Spot.Settling, (s, slot) => s.Take(slot), weight: 20)
        .Action("Stop", s => !s.Stopping, s => s with { Stopping = true }, weight: 1)
        .Action("End", s => s is { Stopping: true, IsEmpty: true, Ended: false }, s => s with { Ended = true })
        .Terminal(s => s.Ended)
        .Invariant("I1-CONSERVATION", "Whoever was let in has been answered or is in exactly one place.",
            s => s.Admitted == s.Answered + s.Count(static ticket => ticket.IsHeld))
        .Invariant("I3-SLOTS", "Free and held slots of each door are all there are; a slot is returned exactly once.",
            s => s.FreeA == 2 - (s.T0.IsHeld ? 1 : 0) - (s.T1.IsHeld ? 1 : 0) && s.FreeB == (s.T2.IsHeld ? 0 : 1))
        .Invariant("I4-PERMITS", "A permit is held while an attempt is in flight, and never in a back-off, in a queue or by an answer.",
            s => s.PermitsA == s.Count(static ticket => ticket is { Spot: Spot.InFlight, Lane: 0 }) && s.PermitsB == s.Count(static ticket => ticket is { Spot: Spot.InFlight, Lane: 1 }))
        .Invariant("I4-LIMIT", "No more are in flight than the limit.", s => s is { PermitsA: >= 0 and <= 2, PermitsB: >= 0 and <= 1 })
        .Invariant("I9-ATTEMPTS", "No more attempts at a target than permitted.", s => s.Count(static ticket => ticket.Attempts > FlowModel.MaxAttempts) == 0)
        .Invariant("I13-ONCE", "A redirect visits each target at most once.", s => s.Count(static ticket => ticket.VisitsA > 1 || ticket.VisitsB > 1) == 0)
        .Rule("I13-REDIRECT", "After the last attempt a target that was not visited is next, however full it is.", "Fail",
            (b, a) => LastFailed(b, a) is { Attempts: FlowModel.MaxAttempts, GivenUp: false } ticket && !ticket.HasVisited(1 - ticket.Lane),
            (b, a) => FailedSlot(b, a) is var slot && a[slot].Spot == Spot.Ready && a[slot].Lane != b[slot].Lane)
        .Rule("RETRY", "Before the last attempt the same target is tried again.", "Fail",
            (b, a) => LastFailed(b, a) is { Attempts: < FlowModel.MaxAttempts, GivenUp: false },
            (b, a) => FailedSlot(b, a) is var slot && a[slot].Spot == Spot.Delayed && a[slot].Lane == b[slot].Lane)
        .Rule("GIVEN-UP", "What was given up is not tried again.", (b, a) => Changed(b, a) is >= 0 and var slot && b[slot].GivenUp,
            (b, a) => a[Changed(b, a)].Spot is Spot.Settling or Spot.Free)
        .Rule("I27-DOOR", "Nobody is let in while the pipeline stops.", (b, _) => b.Stopping, (b, a) => a.Admitted == b.Admitted)
        .Invariant("I27-END", "The loops end only when every ticket is home.", s => !s.Ended || s.IsEmpty)
        .Invariant("I15-GOES-ON", "In no state does everything stand still while someone waits for an answer.", s => s.IsDone || s.CanGoOn)
        .Reachable("ALL-ANSWERED", "All five requests can be answered.", s => s.Answered == 5)
        .Reachable("CROSSED", "Two redirects can cross: each target works for the other.", s => s.T0 is { Lane: 1, Spot: Spot.InFlight } && s.T2 is { Lane: 0, Spot: Spot.InFlight })
        .Reachable("FULL-AND-FOREIGN", "A target can have all its slots taken and a stranger in its inbox.", s => s.FreeB == 0 && s.T0 is { Lane: 1, Spot: Spot.Ready });

    [Fact]
    public void The_state_space_closes_without_a_dead_state_and_every_rule_was_put_to_the_test()
    {
        SpecReport<FlowModel> report = Create().Exhaustive(threads: 2);

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
            ("a ticket is in two places", "I1-CONSERVATION"),
            ("an answer is lost on its way", "I1-CONSERVATION"),
            ("a slot is returned twice", "I3-SLOTS"),
            ("a slot is not returned when its caller gave up", "I3-SLOTS"),
            ("the permit is held during the back-off", "I4-PERMITS"),
            ("the permit goes with the redirect", "I4-PERMITS"),
            ("a retry begins without a permit", "I4-PERMITS"),
            ("attempts are counted over all targets as one more", "I9-ATTEMPTS"),
            ("a target is visited twice", "I13-ONCE"),
            ("a redirect counts against the other target's slots", "I13-REDIRECT"),
            ("the last attempt is retried once more", "I13-REDIRECT"),
            ("a failure is final at once", "RETRY"),
            ("what was given up comes back from the back-off", "GIVEN-UP"),
            ("the door stays open while the pipeline stops", "I27-DOOR"),
            ("completing the entry strands the retries", "I27-END"),
            ("a retry writes into the bounded channel it came from", "I15-GOES-ON"),
            ("a due retry begins above the limit", "I4-LIMIT"),
        ];
        Spec<FlowModel> spec = Create()
            .Fault(intended[0].Fault, "BecomeDue", (_, a) => a.FreeSlot(0) >= 0, (b, a) => a.With(a.FreeSlot(0), a[Changed(b, a)]).AddFree(0, -1))
            .Fault(intended[1].Fault, "Take", (_, a) => a with { Answered = (byte)(a.Answered - 1) })
            .Fault(intended[2].Fault, "Take", (_, a) => a.AddFree(0, 1))
            .Fault(intended[3].Fault, "Take", (b, a) => Changed(b, a) is >= 0 and var slot && b[slot].GivenUp, (b, a) => a.AddFree(FlowModel.HomeOf(Changed(b, a)), -1))
            .Fault(intended[4].Fault, "Fail", (b, a) => a[Changed(b, a)].Spot == Spot.Delayed, (b, a) => a.AddPermit(b[Changed(b, a)].Lane, 1))
            .Fault(intended[5].Fault, "Fail", (b, a) => a[Changed(b, a)].Spot == Spot.Ready, (b, a) => a.AddPermit(b[Changed(b, a)].Lane, 1))
            .Fault(intended[6].Fault, "Begin", (b, a) => b[Changed(b, a)].Attempts > 0, (b, a) => a.AddPermit(b[Changed(b, a)].Lane, -1))
            .Fault(intended[7].Fault, "Begin", (b, a) => b[Changed(b, a)] is { VisitsA: 1, VisitsB: 1 },
                (b, a) => a.With(Changed(b, a), a[Changed(b, a)] with { Attempts = FlowModel.MaxAttempts + 1 }))
            .Fault(intended[8].Fault, "Fail", (b, a) => a[Changed(b, a)] is { Spot: Spot.Settling, VisitsA: 1, VisitsB: 1, GivenUp: false },
                (b, a) => a.With(Changed(b, a), b[Changed(b, a)].Arrive(1 - b[Changed(b, a)].Lane)))
            .Fault(intended[9].Fault, "Fail", (b, a) => a[Changed(b, a)].Spot == Spot.Ready && a.Free(a[Changed(b, a)].Lane) == 0,
                (b, a) => a.With(Changed(b, a), b[Changed(b, a)] with { Spot = Spot.Settling }))
            .Fault(intended[10].Fault, "Fail", (b, a) => a[Changed(b, a)].Spot == Spot.Ready, (b, a) => a.With(Changed(b, a), b[Changed(b, a)] with { Spot = Spot.Delayed }))
            .Fault(intended[11].Fault, "Fail", (b, a) => a[Changed(b, a)].Spot == Spot.Delayed, (b, a) => a.With(Changed(b, a), b[Changed(b, a)] with { Spot = Spot.Settling }))
            .Fault(intended[12].Fault, "DropDelayed", (b, a) => a.With(Changed(b, a), b[Changed(b, a)] with { Spot = Spot.Ready }))
            .Fault(intended[13].Fault, "Take", (b, a) => b is { Stopping: true, ToComeA: > 0 } && a is { FreeA: > 0 } && a.FreeSlot(0) >= 0, (_, a) => a.Admit(0))
            .Fault(intended[14].Fault, "Stop", (_, a) => !a.IsEmpty, (_, a) => a with { Ended = true })
            .Fault(intended[15].Fault, "BecomeDue", (b, a) => a[Changed(b, a)].Lane == 0 && b.Count(static ticket => ticket is { Spot: Spot.Ready, Lane: 0 }) >= 1,
                (b, _) => b with { StuckA = true })
            .Fault(intended[16].Fault, "BecomeDue", (b, a) => a.Permits(a[Changed(b, a)].Lane) == FlowModel.LimitOf(a[Changed(b, a)].Lane),
                (b, a) => a.With(Changed(b, a), a[Changed(b, a)] with { Spot = Spot.InFlight }).AddPermit(a[Changed(b, a)].Lane, 1));

        SpecFaultsReport report = spec.Faults(threads: 2);

        Assert.Equal(intended.Length, report.Results.Count);
        Assert.All(intended, pair => Assert.True(pair.Rule == report.CaughtBy(pair.Fault), $"{pair.Fault}: {report.CaughtBy(pair.Fault)}\n{report}"));
    }

    [Fact]
    public void The_real_door_inboxes_retry_queue_and_limiters_do_what_the_model_says_on_sampled_walks()
    {
        SpecReport<FlowModel> report = Create().Conform(() => new FlowPiecesUnderTest(), static (pieces, step) => pieces.Apply(step), iter: 5000, seed: "0000KoIPLgn4");

        Assert.True(report.StepsWalked > 50_000, report.ToString());
    }

    private static bool IsStuck(FlowModel s, int slot) => s.StuckA && s[slot].Lane == 0;

    // The ticket that moved from one spot to another; -1 when none did.
    private static int Changed(FlowModel b, FlowModel a) =>
        b.T0.Spot != a.T0.Spot ? 0 : b.T1.Spot != a.T1.Spot ? 1 : b.T2.Spot != a.T2.Spot ? 2 : -1;

    private static int FailedSlot(FlowModel b, FlowModel a) => Changed(b, a);

    private static TicketModel LastFailed(FlowModel b, FlowModel a) => Changed(b, a) is >= 0 and var slot ? b[slot] : default;
}
