namespace AiLib.Dataflow;

/// <summary>What someone else may know of an attempt that is under way: all of it belongs to that attempt.</summary>
/// <param name="Owner">Who is told the answer.</param>
/// <param name="Attempts">The attempt's number over all targets.</param>
/// <param name="StartedAt">The timestamp at which it began.</param>
/// <param name="Lane">The lane it is made in.</param>
/// <param name="Visited">The lanes where the ticket has been, that one included, a bit each.</param>
internal readonly record struct AttemptFacts<TRequest, TResponse>(
    ITicketOwner<TRequest, TResponse>? Owner, int Attempts, long StartedAt, int Lane, ulong Visited);
