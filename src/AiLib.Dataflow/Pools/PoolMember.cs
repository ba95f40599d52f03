namespace AiLib.Dataflow.Pools;

/// <summary>One key or deployment in a pool: a target with limits, circuit and signals of its own.</summary>
/// <typeparam name="TRequest">What a caller sends.</typeparam>
/// <typeparam name="TResponse">What a caller gets.</typeparam>
/// <param name="Id">Its id, unique in the pipeline.</param>
/// <param name="Endpoint">Makes the attempts.</param>
/// <param name="Configure">Changes its options, after the <c>AI_LIB_*</c> variables; null for nothing.</param>
/// <param name="Weight">Its share beside the other members' weights, from 1 to 1,000.</param>
public sealed record PoolMember<TRequest, TResponse>(
    string Id, IEndpoint<TRequest, TResponse> Endpoint, Action<TargetOptions>? Configure = null, int Weight = 1);
