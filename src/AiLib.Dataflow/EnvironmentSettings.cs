using System.Globalization;

namespace AiLib.Dataflow;

/// <summary>The environment variables that the ai-lib family shares, and the settings they stand for.</summary>
/// <remarks>Precedence: built-in defaults, then a configuration section, then these, then values set in code. Read with the invariant culture.</remarks>
internal static class EnvironmentSettings
{
    /// <summary>Lays the variables over the options; a value that does not parse is an error that names the variable and the value.</summary>
    public static void Apply(ResilienceOptions options, Func<string, string?> read, SettingsCheck check)
    {
        if (Number(read, "AI_LIB_RPS", 0.001, 1_000_000, check) is { } rps)
        {
            options.RateLimiter.RequestsPerSecond = rps;
        }

        if (Integer(read, "AI_LIB_BREAKER_FAILURE_THRESHOLD", 1, 1_000_000, check) is { } threshold)
        {
            options.CircuitBreaker.FailureThreshold = threshold;
        }

        if (Number(read, "AI_LIB_BREAKER_COOLDOWN_SECS", 0.001, 86_400, check) is { } cooldown)
        {
            options.CircuitBreaker.Cooldown = TimeSpan.FromSeconds(cooldown);
        }

        // 0 means unlimited, as in the whole family.
        if (Integer(read, "AI_LIB_MAX_INFLIGHT", 0, 1_000_000, check) is { } inflight)
        {
            options.Backpressure.MaxInflight = inflight;
        }
    }

    private static double? Number(Func<string, string?> read, string variable, double least, double most, SettingsCheck check)
    {
        if (read(variable) is not { Length: > 0 } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double value)
            && value >= least && value <= most)
        {
            return value;
        }

        check.Add(string.Create(CultureInfo.InvariantCulture, $"{variable} is '{text}'; it must be a number from {least} to {most}, or not set."));
        return null;
    }

    private static int? Integer(Func<string, string?> read, string variable, int least, int most, SettingsCheck check)
    {
        if (read(variable) is not { Length: > 0 } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
        {
            return value;
        }

        check.Add(string.Create(CultureInfo.InvariantCulture, $"{variable} is '{text}'; it must be a whole number from {least} to {most}, or not set."));
        return null;
    }
}
