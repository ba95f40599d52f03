namespace AiLib.Dataflow.VirtualWorld;

/// <summary>Someone who sends a batch to providers.</summary>
/// <param name="Name">Its name.</param>
/// <param name="RunAsync">Sends jobs, the next by its place in the batch, until the time is up; it may leave what is in flight.</param>
internal sealed record QuotaClient(string Name, Func<QuotaTask, Task> RunAsync);

/// <summary>What a client has to do, and what it knows.</summary>
/// <param name="Time">The time, virtual or not.</param>
/// <param name="Providers">Whom to ask, in fallback order.</param>
/// <param name="Next">The job at a place of the batch.</param>
/// <param name="Until">When to stop, counted from now.</param>
/// <param name="Known">The provider's limits, where they are known.</param>
internal sealed record QuotaTask(TimeProvider Time, IReadOnlyList<IQuotaProvider> Providers, Func<int, Job> Next, TimeSpan Until, ProviderSettings? Known)
{
    private readonly long _began = Time.GetTimestamp();

    /// <summary>The time since the task was made.</summary>
    public TimeSpan Elapsed => Time.GetElapsedTime(_began);

    /// <summary>The largest cost of a job, as estimated.</summary>
    public long LargestCost { get; init; }

    /// <summary>Whether a minute's tokens may go at once at whatever provider, as with <c>ailib run --tpm</c> alone.</summary>
    public bool WholeMinuteAtOnce { get; init; }

    /// <summary>Changes the targets of the pipeline, where the situation is about more than quotas.</summary>
    public Action<TargetOptions>? Configure { get; init; }
}
