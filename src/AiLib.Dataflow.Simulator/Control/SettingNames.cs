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

    // In the order of the enum; the tests check that every member has a name.
    private static readonly string[] LimitKinds = ["token-bucket", "fixed-window", "per-second", "sliding-window"];

    /// <summary>Those that can be changed, for messages.</summary>
    public static string Changeable { get; } = string.Join(", ", RequestsPerMinute, TokensPerMinute, InputTokensPerMinute,
        OutputTokensPerMinute, RequestsPerDay, TokensPerDay, MaxConcurrent, LimitKind, Burst,
        TimeToFirstToken, TimePerToken, Jitter, AnswerTokens, Faults, RetryAfter);

    /// <summary>The kinds of limits, for messages.</summary>
    public static string LimitKindList { get; } = string.Join(", ", LimitKinds);

    /// <summary>The name of a kind of limit.</summary>
    public static string NameOf(LimitKind kind) => LimitKinds[(int)kind];

    /// <summary>The kind of limit with this name.</summary>
    public static bool TryFindLimitKind(string? name, out LimitKind kind)
    {
        int index = Array.IndexOf(LimitKinds, name);
        kind = (LimitKind)index;
        return index >= 0;
    }
}
