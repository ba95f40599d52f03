using AiLib.Dataflow.Rivals;
using AiLib.Dataflow.Rivals.Providers;

namespace AiLib.Dataflow.Benchmarks;

/// <summary>How the provider answers.</summary>
public enum EndpointKind
{
    /// <summary>Before the call returns.</summary>
    Synchronous,

    /// <summary>After one turn through the thread pool.</summary>
    Yielding,
}

/// <summary>Makes providers.</summary>
internal static class EndpointKinds
{
    public static IProvider Create(this EndpointKind kind) => kind == EndpointKind.Yielding ? new YieldingProvider() : new SynchronousProvider();
}
