namespace AiLib.Dataflow.Scenarios.Targets;

/// <summary>Requests that are always there, and how far ahead of the consumer they were read.</summary>
/// <remarks>For one reader at a time.</remarks>
internal sealed class PacedSource(int requests, PacedConsumer consumer)
{
    /// <summary>The most requests that had been read and not yet taken as answers.</summary>
    public int MostLead { get; private set; }

    /// <summary>Reads them.</summary>
    public async IAsyncEnumerable<int> ReadAsync()
    {
        // One turn through the pool, so that whoever reads has left its caller.
        await Task.Yield();
        for (int request = 0; request < requests; request++)
        {
            MostLead = Math.Max(MostLead, request + 1 - consumer.Taken);
            yield return request;
        }
    }
}
