namespace AiLib.Dataflow.Simulator.Control;

/// <summary>The names of the settings in the control endpoint's JSON.</summary>
internal static class SettingNames
{
    public const string RequestsPerMinute = "requestsPerMinute";
    public const string TokensPerMinute = "tokensPerMinute";
    public const string InputTokensPerMinute = "inputTokensPerMinute";
    public const string OutputTokensPerMinute = "outputTokensPerMinute";
    public const string RequestsPerDay = "requestsPerDay";
    public const string TokensPerDay = "tokensPerDay";
    public const string MaxConcurrent = "maxConcurrent";
    public const string LimitKind = "limitKind";
    public const string Burst = "burst";
    public const string TimeToFirstToken = "timeToFirstToken";
    public const string TimePerToken = "timePerToken";
    public const string Jitter = "jitter";
    public const string AnswerTokens = "answerTokens";
    public const string Faults = "faults";
    public const string RetryAfter = "retryAfter";

    /// <summary>Those that can be changed, for messages.</summary>
    public static string Changeable { get; } = string.Join(", ", RequestsPerMinute, TokensPerMinute, InputTokensPerMinute,
        OutputTokensPerMinute, RequestsPerDay, TokensPerDay, MaxConcurrent, LimitKind, Burst,
        TimeToFirstToken, TimePerToken, Jitter, AnswerTokens, Faults, RetryAfter);
}
