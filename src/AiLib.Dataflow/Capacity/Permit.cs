namespace AiLib.Dataflow.Capacity;

/// <summary>The right to one attempt in flight. Ends once, whatever is called on it how often.</summary>
/// <remarks>Thread-safe. Disposing an open permit ends it as <see cref="PermitEnd.Ignored"/>.</remarks>
public sealed class Permit : IDisposable
{
    // Set to null by whoever ends the permit.
    private Backpressure? _owner;

    internal Permit(Backpressure owner) => _owner = owner;

    /// <summary>Ends the permit and says what came of the attempt.</summary>
    /// <param name="end">What a limit may learn from it.</param>
    public void End(PermitEnd end) => Interlocked.Exchange(ref _owner, null)?.Leave(end);

    /// <summary>Ends the permit without saying anything.</summary>
    public void Dispose() => End(PermitEnd.Ignored);
}

/// <summary>What a limit may learn from the end of an attempt.</summary>
public enum PermitEnd
{
    /// <summary>Nothing: a cancelled call, a breaker probe that was given up.</summary>
    Ignored,

    /// <summary>The target had room.</summary>
    Succeeded,

    /// <summary>The target was full or overloaded: a limit may shrink.</summary>
    Dropped,
}

/// <summary>What an outcome says to an in-flight limit.</summary>
internal static class PermitEnds
{
    /// <summary>How the permit of an attempt with that outcome ends.</summary>
    public static PermitEnd ToPermitEnd(this OutcomeKind outcome) => outcome switch
    {
        OutcomeKind.Answered => PermitEnd.Succeeded,
        OutcomeKind.Throttled or OutcomeKind.Overloaded or OutcomeKind.TimedOut => PermitEnd.Dropped,
        _ => PermitEnd.Ignored,
    };
}
