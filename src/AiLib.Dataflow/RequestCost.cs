namespace AiLib.Dataflow;

/// <summary>A request and what its caller, or the pipeline, says that it costs; 0 where nobody does, and each target is asked.</summary>
/// <param name="Request">The request.</param>
/// <param name="Own">What was said.</param>
internal readonly record struct RequestCost<TRequest>(TRequest Request, TokenCost Own);
