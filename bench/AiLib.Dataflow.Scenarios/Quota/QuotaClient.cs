namespace AiLib.Dataflow.Scenarios.Quota;

/// <summary>Someone who sends a batch to providers of the virtual world.</summary>
/// <param name="Name">Its name.</param>
/// <param name="RunAsync">Sends jobs, the next by its place in the batch, until the time is up; it may leave what is in flight.</param>
internal sealed record QuotaClient(string Name, Func<QuotaTask, Task> RunAsync);

/// <summary>What a client has to do, and what it knows.</summary>
/// <param name="Time">The virtual time.</param>
/// <param name="Providers">Whom to ask, in fallback order.</param>
/// <param name="Next">The job at a place of the batch.</param>
/// <param name="Until">When to stop.</param>
/// <param name="Known">The provider's limits, where they are known.</param>
internal sealed record QuotaTask(VirtualTime Time, IReadOnlyList<VirtualProvider> Providers, Func<int, Job> Next, TimeSpan Until, ProviderSettings? Known)
{
    /// <summary>The largest cost of a job, as estimated.</summary>
    public long LargestCost { get; init; }

    /// <summary>Changes the targets of the pipeline, where the situation is about more than quotas.</summary>
    public Action<TargetOptions>? Configure { get; init; }
}
