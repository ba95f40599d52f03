namespace AiLib.Dataflow.Tests.Specs;

/// <summary>Admission, requeue and redirect over two targets, without a line of the pipeline's code.</summary>
/// <remarks>
/// Three slots: two were opened by target A, one by target B. Two attempts in flight at A, one at B. Two attempts at each target, so up to three repeats
/// of a request. Requests that have not come in yet are counted per target. The counters of free slots, of permits and of answers are kept apart from the
/// tickets, as in the pipeline, so that they can contradict them.
/// </remarks>
internal readonly record struct FlowModel(
    TicketModel T0,
    TicketModel T1,
    TicketModel T2,
    byte ToComeA,
    byte ToComeB,
    sbyte FreeA,
    sbyte FreeB,
    sbyte PermitsA,
    sbyte PermitsB,
    byte Admitted,
    byte Answered,
    bool Stopping,
    bool Ended,
    bool StuckA)
{
    public const int Slots = 3;
    public const int MaxAttempts = 2;

    public static FlowModel Start { get; } = new(default, default, default, 3, 2, 2, 1, 0, 0, 0, 0, false, false, false);

    public TicketModel this[int slot] => slot switch { 0 => T0, 1 => T1, _ => T2 };

    public static int HomeOf(int slot) => slot < 2 ? 0 : 1;

    public static int LimitOf(int lane) => lane == 0 ? 2 : 1;

    public int Free(int lane) => lane == 0 ? FreeA : FreeB;

    public int Permits(int lane) => lane == 0 ? PermitsA : PermitsB;

    public int ToCome(int lane) => lane == 0 ? ToComeA : ToComeB;

    public int Count(Func<TicketModel, bool> condition) => (condition(T0) ? 1 : 0) + (condition(T1) ? 1 : 0) + (condition(T2) ? 1 : 0);

    public bool IsEmpty => !T0.IsHeld && !T1.IsHeld && !T2.IsHeld;

    public bool IsDone => IsEmpty && (Stopping || ToComeA + ToComeB == 0);

    public FlowModel With(int slot, TicketModel ticket) => slot switch
    {
        0 => this with { T0 = ticket },
        1 => this with { T1 = ticket },
        _ => this with { T2 = ticket },
    };

    /// <summary>The first free slot of a door: which one it is makes no difference.</summary>
    public int FreeSlot(int lane) => lane == 1 ? (T2.IsHeld ? -1 : 2) : !T0.IsHeld ? 0 : !T1.IsHeld ? 1 : -1;

    public bool CanAdmit(int lane) => !Stopping && !Ended && ToCome(lane) > 0 && Free(lane) > 0 && FreeSlot(lane) >= 0;

    public FlowModel Admit(int lane) => With(FreeSlot(lane), default(TicketModel).Arrive(lane)).AddFree(lane, -1) with
    {
        ToComeA = (byte)(ToComeA - (lane == 0 ? 1 : 0)),
        ToComeB = (byte)(ToComeB - (lane == 1 ? 1 : 0)),
        Admitted = (byte)(Admitted + 1),
    };

    public bool CanBegin(int slot) => !Ended && this[slot] is { Spot: Spot.Ready, GivenUp: false } ticket
        && Permits(ticket.Lane) < LimitOf(ticket.Lane) && !(StuckA && ticket.Lane == 0);

    public FlowModel Begin(int slot) =>
        With(slot, this[slot] with { Spot = Spot.InFlight, Attempts = (byte)(this[slot].Attempts + 1) }).AddPermit(this[slot].Lane, 1);

    public FlowModel Answer(int slot) => With(slot, this[slot] with { Spot = Spot.Settling }).AddPermit(this[slot].Lane, -1);

    /// <summary>An attempt fails: to another attempt, to the other target, or to the end.</summary>
    public FlowModel Fail(int slot)
    {
        TicketModel ticket = this[slot];
        int other = 1 - ticket.Lane;
        FlowModel now = AddPermit(ticket.Lane, -1);
        return ticket switch
        {
            { GivenUp: true } => now.With(slot, ticket with { Spot = Spot.Settling }),
            { Attempts: < MaxAttempts } => now.With(slot, ticket with { Spot = Spot.Delayed }),
            _ when !ticket.HasVisited(other) => now.With(slot, ticket.Arrive(other)),
            _ => now.With(slot, ticket with { Spot = Spot.Settling }),
        };
    }

    public FlowModel BecomeDue(int slot) => With(slot, this[slot] with { Spot = Spot.Ready });

    public FlowModel GiveUp(int slot) => With(slot, this[slot] with { GivenUp = true });

    public FlowModel Drop(int slot) => With(slot, this[slot] with { Spot = Spot.Settling });

    public FlowModel Take(int slot) => With(slot, default).AddFree(HomeOf(slot), 1) with { Answered = (byte)(Answered + 1) };

    public FlowModel AddFree(int lane, int count) =>
        lane == 0 ? this with { FreeA = (sbyte)(FreeA + count) } : this with { FreeB = (sbyte)(FreeB + count) };

    public FlowModel AddPermit(int lane, int count) =>
        lane == 0 ? this with { PermitsA = (sbyte)(PermitsA + count) } : this with { PermitsB = (sbyte)(PermitsB + count) };

    /// <summary>Whether anything can go on without anyone giving up or stopping.</summary>
    public bool CanGoOn
    {
        get
        {
            if (CanAdmit(0) || CanAdmit(1))
            {
                return true;
            }

            for (int slot = 0; slot < Slots; slot++)
            {
                if (this[slot].Spot == Spot.Settling || CanBegin(slot)
                    || (this[slot].Spot == Spot.InFlight && !(StuckA && this[slot].Lane == 0))
                    || (this[slot].Spot == Spot.Delayed && !Ended && !(StuckA && this[slot].Lane == 0)))
                {
                    return true;
                }

                if (!Ended && !StuckA && this[slot] is { Spot: Spot.Ready, GivenUp: true })
                {
                    return true;
                }
            }

            return false;
        }
    }
}
