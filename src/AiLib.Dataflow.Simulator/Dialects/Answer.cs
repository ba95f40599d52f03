using AiLib.Dataflow.Simulator.Requests;

namespace AiLib.Dataflow.Simulator.Dialects;

/// <summary>Everything that an answer is made from; the same request and seed give the same answer.</summary>
/// <param name="Request">The request.</param>
/// <param name="Hash">The hash of seed, path and body.</param>
/// <param name="CompletionTokens">How many tokens the answer has.</param>
internal readonly record struct Answer(ParsedRequest Request, ulong Hash, int CompletionTokens)
{
    /// <summary>True when the answer ends because it may not be longer.</summary>
    public bool IsCut => CompletionTokens == Request.MaxTokens;

    /// <summary>A repeatable time of creation, in Unix seconds, within one year.</summary>
    public long Created => 1_760_000_000 + (long)(Hash % 31_536_000);

    /// <summary>How long the answer to a request is: from one token to the least of what the request and the server allow.</summary>
    public static int ChooseLength(ParsedRequest request, ulong hash, int mostTokens)
    {
        int most = Math.Min(request.MaxTokens ?? mostTokens, mostTokens);
        return 1 + (int)(hash % (uint)most);
    }
}
