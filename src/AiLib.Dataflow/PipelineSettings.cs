using AiLib.Dataflow.Pools;

namespace AiLib.Dataflow;

/// <summary>What a builder hands to a pipeline: complete and checked.</summary>
internal sealed record PipelineSettings<TRequest, TResponse>
{
    public required PipelineOptions Options { get; init; }

    public required IReadOnlyList<TargetSettings<TRequest, TResponse>> Targets { get; init; }

    public required TimeProvider TimeProvider { get; init; }

    public required OutcomeClassifier Classifier { get; init; }

    public Func<Outcome<TResponse>, Outcome<TResponse>>? Reclassify { get; init; }

    public IReadOnlyList<PreflightCheck<TRequest>> Checks { get; init; } = [];

    public Func<TRequest, string?>? Route { get; init; }

    public Func<TRequest, long>? Cost { get; init; }

    /// <summary>The same with input and output apart, in its place.</summary>
    public Func<TRequest, TokenCost>? TokenCost { get; init; }

    public Action<RetryEvent>? OnRetry { get; init; }

    public Action<RedirectEvent>? OnRedirect { get; init; }

    public Action<CircuitEvent>? OnCircuitChanged { get; init; }

    public Action<RejectionEvent>? OnRejected { get; init; }

    public Action<ParkEvent>? OnMemberParked { get; init; }
}

/// <summary>One target as the builder was given it.</summary>
internal sealed record TargetSettings<TRequest, TResponse>(
    string Id, IEndpoint<TRequest, TResponse> Endpoint, TargetOptions Options, PoolSettings? Pool = null, int Weight = 1);
