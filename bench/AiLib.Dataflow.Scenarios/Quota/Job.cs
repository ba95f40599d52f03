namespace AiLib.Dataflow.Scenarios.Quota;

/// <summary>One request of the batch.</summary>
/// <param name="Index">Its place in the batch.</param>
/// <param name="Tokens">What the provider counts for it.</param>
/// <param name="AnswerTokens">How many of them the provider has to write, which is what takes time.</param>
/// <param name="Estimate">What the client believes that it costs.</param>
internal readonly record struct Job(int Index, long Tokens, int AnswerTokens, long Estimate);
