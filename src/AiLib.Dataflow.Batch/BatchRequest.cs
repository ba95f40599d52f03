using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch;

/// <summary>One request line of a batch.</summary>
/// <remarks>Immutable.</remarks>
public sealed class BatchRequest
{
    internal BatchRequest(string customId, long line, ProviderRequest request)
    {
        CustomId = customId;
        Line = line;
        Request = request;
        Id = BatchId.OfRequest(customId);
    }

    /// <summary>The caller's own id of the request; unique in the batch.</summary>
    public string CustomId { get; }

    /// <summary>The number of its line in the input, from 1.</summary>
    public long Line { get; }

    /// <summary>What is sent: the path, and the body's bytes as they stand in the line.</summary>
    public ProviderRequest Request { get; }

    /// <summary>What stands for <see cref="CustomId"/> in the files and in the ledger.</summary>
    internal BatchId Id { get; }

    /// <summary>Says whether a further attempt may begin; null outside a job.</summary>
    internal CallBudget? Budget { get; set; }
}
