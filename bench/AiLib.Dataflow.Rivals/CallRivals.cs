using AiLib.Dataflow.Rivals.Calls;

namespace AiLib.Dataflow.Rivals;

/// <summary>The rivals of the call face.</summary>
public static class CallRivals
{
    /// <summary>All of them, the bare provider first, then the pipeline.</summary>
    /// <param name="provider">Answers.</param>
    /// <param name="inFlight">The most requests in flight.</param>
    public static IReadOnlyList<ICallRival> All(IProvider provider, int inFlight) =>
    [
        new DirectCalls(provider),
        new PipelineCalls(provider, inFlight),
        new PollyCalls(provider, inFlight),
        new SemaphoreCalls(provider, inFlight),
    ];
}
