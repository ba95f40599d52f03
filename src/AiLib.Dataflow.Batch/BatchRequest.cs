using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Batch;

/// <summary>One request line of a batch.</summary>
/// <remarks>Immutable to its users. With a pipeline, whoever has the request's ticket works on it, one at a time.</remarks>
public sealed class BatchRequest
{
    // Replaced as a whole, so that whoever reads it meets one that is complete. What two threads work out at once is worked out twice.
    private Estimated? _estimates;

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

    /// <summary>What a budget has set aside for it, in USD; null when nothing. The budget's own.</summary>
    internal decimal? SetAside { get; set; }

    /// <summary>Which entry of those that the job reads it is, from 0, where it may have to be read again; else 0.</summary>
    internal long Place { get; set; }

    /// <summary>Where its attempts are accounted for; null outside a job.</summary>
    internal AttemptAccount? Account { get; set; }

    /// <summary>What it is estimated to take in LLM tokens. Worked out when it is first asked for, once for each estimator.</summary>
    /// <param name="estimator">Says so.</param>
    internal TokenEstimate TokensBy(ITokenEstimator estimator)
    {
        Estimated? known = Volatile.Read(ref _estimates);
        for (Estimated? one = known; one is not null; one = one.Next)
        {
            if (ReferenceEquals(one.Estimator, estimator))
            {
                return one.Tokens;
            }
        }

        TokenEstimate tokens = estimator.Estimate(Request.Path, Request.Body.Span);
        Volatile.Write(ref _estimates, new Estimated(estimator, tokens, known));
        return tokens;
    }

    private sealed record Estimated(ITokenEstimator Estimator, TokenEstimate Tokens, Estimated? Next);
}
