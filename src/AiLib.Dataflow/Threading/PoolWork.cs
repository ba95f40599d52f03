namespace AiLib.Dataflow.Threading;

/// <summary>Hands work to the thread pool, without an allocation.</summary>
internal static class PoolWork
{
    /// <summary>Runs it on the pool; under the deterministic simulation, on the simulation's own scheduler (see <see cref="Continuations"/>).</summary>
    public static void Queue(IThreadPoolWorkItem work)
    {
        if (Continuations.KeepContext && SynchronizationContext.Current is { } scheduler)
        {
            scheduler.Post(static work => ((IThreadPoolWorkItem)work!).Execute(), work);
            return;
        }

        // Into the common queue: in a worker's own, which is taken from last in first out, early attempts could wait behind later ones.
        ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
    }
}
