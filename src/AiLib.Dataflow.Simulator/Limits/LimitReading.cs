namespace AiLib.Dataflow.Simulator.Limits;

/// <summary>What the headers say about one limit.</summary>
/// <param name="Limit">The limit per minute.</param>
/// <param name="Remaining">The credits left now.</param>
/// <param name="UntilFull">The time until all of them are back.</param>
internal readonly record struct LimitReading(long Limit, long Remaining, TimeSpan UntilFull);
