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
    ];

    public void Add(StepKind kind) => _steps[(int)kind]++;

    public void Add(bool passes)
    {
        Passed += passes ? 1 : 0;
        Refused += passes ? 0 : 1;
    }
}
