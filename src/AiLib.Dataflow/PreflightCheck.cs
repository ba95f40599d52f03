namespace AiLib.Dataflow;

/// <summary>A user's own check of a request before it is let in: budget, size, policy.</summary>
/// <param name="request">The request.</param>
/// <param name="options">What it wants.</param>
/// <returns>Null to let it in, else why not. Called on the caller's thread, by several at once; an exception refuses the request.</returns>
public delegate Refusal? PreflightCheck<in TRequest>(TRequest request, RequestOptions options);
