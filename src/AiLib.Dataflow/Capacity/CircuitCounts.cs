namespace AiLib.Dataflow.Capacity;

/// <summary>What a breaker has seen. At rest, Total = Succeeded + Failed + Ignored + Rejected + Outstanding.</summary>
/// <param name="Total">Calls that asked to pass.</param>
/// <param name="Succeeded">Outcomes that said the target works.</param>
/// <param name="Failed">Outcomes that said it does not, silent probes included.</param>
/// <param name="Ignored">Outcomes that said nothing, or came too late to say it.</param>
/// <param name="Rejected">Calls that were turned away.</param>
/// <param name="Outstanding">Calls let through that have not reported.</param>
public readonly record struct CircuitCounts(long Total, long Succeeded, long Failed, long Ignored, long Rejected, long Outstanding);
