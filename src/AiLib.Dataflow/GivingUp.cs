namespace AiLib.Dataflow;

/// <summary>When a ticket was given up.</summary>
/// <param name="Version">The use of the ticket.</param>
/// <param name="At">A timestamp.</param>
internal sealed record GivingUp(long Version, long At);
