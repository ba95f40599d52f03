namespace AiLib.Dataflow;

/// <summary>Where a ticket is, of which use of it that is told, which attempt is under way, and whether the request was given up: one word, so that a single
/// compare-exchange moves a ticket and says no if anything about it has changed.</summary>
/// <remarks>
/// <code>
///   63 ── version (42 bits) ── 22 │ 21 ── attempt (16 bits) ── 6 │ 5 cancelled │ 4 ─ given up ─ 3 │ 2 ─ place ─ 0
/// </code>
/// <para>Version and attempt make a word that was seen once never come back: 2^42 uses are a million a second for fifty days of one ticket, and an attempt's
/// number starts at one with each use.</para>
/// </remarks>
/// <param name="Word">The word.</param>
internal readonly record struct TicketState(long Word)
{
    private const long PlaceMask = 0b111;
    private const int GivenUpShift = 3;
    private const long GivenUpMask = 0b11 << GivenUpShift;
    private const long CancelledBit = 1 << 5;
    private const int AttemptShift = 6;
    private const long AttemptMask = 0xFFFFL << AttemptShift;
    private const int VersionShift = 22;

    /// <summary>A ticket that was never used.</summary>
    public static TicketState New => new(1L << VersionShift);

    /// <summary>Where the ticket is.</summary>
    public TicketPlace Place => (TicketPlace)(Word & PlaceMask);

    /// <summary>Whether the request was given up, and why.</summary>
    public GiveUpReason GivenUp => (GiveUpReason)((Word & GivenUpMask) >> GivenUpShift);

    /// <summary>Whether somebody cancels the running attempt, or has.</summary>
    public bool IsCancelled => (Word & CancelledBit) != 0;

    /// <summary>The lower half of the number of the last attempt.</summary>
    public int Attempt => (int)((Word & AttemptMask) >> AttemptShift);

    /// <summary>Counts the uses of the ticket.</summary>
    public long Version => Word >>> VersionShift;

    /// <summary>The same at another place.</summary>
    public TicketState At(TicketPlace place) => new((Word & ~PlaceMask) | (long)place);

    /// <summary>The same, given up.</summary>
    public TicketState GiveUp(GiveUpReason reason) => new((Word & ~GivenUpMask) | ((long)reason << GivenUpShift));

    /// <summary>The same, with its running attempt cancelled.</summary>
    public TicketState Cancel() => new(Word | CancelledBit);

    /// <summary>In flight with an attempt that nobody has cancelled.</summary>
    public TicketState Begin(int attempt) =>
        new TicketState((Word & ~(AttemptMask | CancelledBit)) | (((long)attempt << AttemptShift) & AttemptMask)).At(TicketPlace.InFlight);

    /// <summary>Whether that attempt is the one that is under way.</summary>
    public bool IsAttempting(long version, int attempt) =>
        Place == TicketPlace.InFlight && Version == version && ((Word ^ ((long)attempt << AttemptShift)) & AttemptMask) == 0;

    /// <summary>Free, and of the next use.</summary>
    public TicketState Next() => new((Version + 1) << VersionShift);
}
