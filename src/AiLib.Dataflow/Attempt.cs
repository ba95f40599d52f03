using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow;

/// <summary>One attempt under way: copied from the ticket, because an endpoint that ignores cancellation may outlive the ticket's use.</summary>
/// <param name="Version">The use of the ticket.</param>
/// <param name="Number">The attempt's number over all targets, from 1.</param>
/// <param name="Request">The request.</param>
/// <param name="Context">What flows with the caller.</param>
/// <param name="StartedAt">The timestamp at which it began.</param>
/// <param name="EndsAt">The timestamp at which its time is up.</param>
/// <param name="Pass">The permit, the credits and the breaker's pass that it holds.</param>
/// <param name="Cancellation">Cancelled when the time is up or the request is given up.</param>
internal readonly record struct Attempt<TRequest>(
    long Version,
    int Number,
    TRequest Request,
    ExecutionContext? Context,
    long StartedAt,
    long EndsAt,
    CapacityPass Pass,
    CancellationToken Cancellation);
