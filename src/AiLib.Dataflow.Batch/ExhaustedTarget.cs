namespace AiLib.Dataflow.Batch;

/// <summary>A target that asked, during a run, to be left alone for longer than is waited for.</summary>
/// <param name="Target">The target.</param>
/// <param name="Wait">For how long, when it last said so.</param>
/// <param name="Until">Until when that is.</param>
/// <param name="Requests">How many requests failed for it, as no other target was left.</param>
public sealed record ExhaustedTarget(string Target, TimeSpan Wait, DateTimeOffset Until, long Requests);
