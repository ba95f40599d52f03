namespace AiLib.Dataflow.VirtualWorld;

/// <summary>One request of the batch.</summary>
/// <param name="Index">Its place in the batch.</param>
/// <param name="Tokens">What the provider counts for it when it counts on arrival: the prompt and the longest answer.</param>
/// <param name="AnswerTokens">How many of them may be answered, which is what takes time.</param>
/// <param name="Estimate">What the client believes that it costs.</param>
internal readonly record struct Job(int Index, long Tokens, int AnswerTokens, long Estimate)
{
    /// <summary>The prompt.</summary>
    public int PromptTokens => (int)(Tokens - AnswerTokens);
}
