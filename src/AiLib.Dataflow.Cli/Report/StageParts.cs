using AiLib.Dataflow.Cli.Recording;

namespace AiLib.Dataflow.Cli.Report;

/// <summary>A place where a request can be, as a person reads it.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Colour">Its colour, the same in all pictures.</param>
/// <param name="Meaning">What it means that requests are there for long, and what helps.</param>
/// <param name="Of">Its part.</param>
internal sealed record StageParts(string Name, string Colour, string Meaning, Func<StageSeconds, double> Of)
{
    /// <summary>All places, in the order of their pictures.</summary>
    public static IReadOnlyList<StageParts> All { get; } =
    [
        new("at the target", "blue", "An attempt is under way. More in flight, or a faster target, make it shorter.", stages => stages.InFlight),
        new("waiting for a turn", "orange", "For credits of a rate limit, a place in flight, or a circuit to close. A higher --rpm, --tpm or --max-inflight makes it shorter, if the target takes it.", stages => stages.Waiting),
        new("waiting to retry", "violet", "After a failed attempt, as long as the target asked for, or the backoff.", stages => stages.Delayed),
        new("being written", "green", "Answered, and not yet in the results. With --ordered: behind an earlier request.", stages => stages.Settling),
    ];
}
