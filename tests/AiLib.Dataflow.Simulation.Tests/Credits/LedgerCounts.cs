namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>What has happened over many schedules, to see that everything does.</summary>
internal sealed class LedgerCounts
{
    private readonly long[] _steps = new long[Enum.GetValues<StepKind>().Length];

    public long Passed { get; private set; }

    public long Refused { get; private set; }

    /// <summary>Someone waited for exactly as long as he was told.</summary>
    public long Waited { get; set; }

    /// <summary>An answer made someone a limit of requests.</summary>
    public long Learned { get; set; }

    /// <summary>An answer lowered a level.</summary>
    public long Lowered { get; set; }

    /// <summary>A refusal made the others wait.</summary>
    public long Held { get; set; }

    public long AnsweredWithinToldWait { get; set; }

    /// <summary>A request whose input and output were known apart passed.</summary>
    public long InParts { get; set; }

    /// <summary>Someone waited for what a day allows.</summary>
    public long WaitedForDay { get; set; }

    /// <summary>An answer made someone a limit of input tokens.</summary>
    public long LearnedInPart { get; set; }

    /// <summary>An answer said that a day that had been learned is no bucket.</summary>
    public long Forgotten { get; set; }

    /// <summary>An answer lowered a level of input or output.</summary>
    public long LoweredInPart { get; set; }

    /// <summary>Each by its name.</summary>
    public IEnumerable<(string Name, long Count)> All =>
    [
        .. Enum.GetValues<StepKind>().Select(kind => (kind.ToString(), _steps[(int)kind])),
        (nameof(Passed), Passed),
        (nameof(Refused), Refused),
        (nameof(Waited), Waited),
        (nameof(Learned), Learned),
        (nameof(Lowered), Lowered),
        (nameof(Held), Held),
        (nameof(AnsweredWithinToldWait), AnsweredWithinToldWait),
        (nameof(InParts), InParts),
        (nameof(WaitedForDay), WaitedForDay),
        (nameof(LearnedInPart), LearnedInPart),
        (nameof(LoweredInPart), LoweredInPart),
        (nameof(Forgotten), Forgotten),
    ];

    public void Add(StepKind kind) => _steps[(int)kind]++;

    public void Add(bool passes)
    {
        Passed += passes ? 1 : 0;
        Refused += passes ? 0 : 1;
    }
}
