using System.Globalization;
using AiLib.Dataflow.Capacity.Limits;

namespace AiLib.Dataflow.Cli.Targets;

/// <summary>Every limit that <c>ailib</c> knows. A new one is a row here, and a row in docs/configuration.md.</summary>
internal static class LimitTable
{
    /// <summary>A limit in flight that finds itself.</summary>
    public const double Auto = 0;

    /// <summary>No limit in flight.</summary>
    public const double Unlimited = double.PositiveInfinity;

    // What a fixed limit is by default is what one that finds itself begins with: then no job is slower at first because of it.
    private const int InflightAtStart = 50;

    private const int MostInflight = 100_000;
    private const long MostPerMinute = 60_000_000;
    private const long MostTokensPerMinute = 100_000_000_000;
    private const long MostPerDay = 10_000_000_000;
    private const long MostTokensPerDay = 10_000_000_000_000;
    private const long MostAtOnce = 1_000_000_000;

    /// <summary>Attempts in flight: the one limit that always has a value.</summary>
    public static Limit MaxInflight { get; } = new(
        "max_inflight", "N|auto", "Requests in flight, for each target; auto: as many as it takes. Default: auto.", ReadInflight)
    {
        Apply = SetInflight,
        ReadVariable = ReadInflightVariable,
        TextOf = static value => value switch
        {
            Auto => "auto",
            Unlimited => "unlimited",
            _ => value.ToString(CultureInfo.InvariantCulture),
        },
    };

    /// <summary>All of them, in the order in which they are shown.</summary>
    public static IReadOnlyList<Limit> All { get; } =
    [
        Limit.Number("rps", 0.001, 1_000_000.0, "Requests per second, for each target.", static (target, value) => target.RateLimiter.RequestsPerSecond = value),
        Limit.Number("rpm", 1, MostPerMinute, "Requests per minute, for each target.", static (target, value) => target.RateLimiter.RequestsPerMinute = (long)value),
        Tokens("tpm", "LLM tokens per minute, for each target.", static (target, value) => target.RateLimiter.TokensPerMinute = (long)value),
        Tokens("itpm", "LLM tokens of prompts per minute, for each target.", static (target, value) => target.RateLimiter.InputTokensPerMinute = (long)value),
        Tokens("otpm", "LLM tokens of answers per minute, for each target.", static (target, value) => target.RateLimiter.OutputTokensPerMinute = (long)value),
        Limit.Number("rpd", 1, MostPerDay, "Requests per day, for each target.", static (target, value) => target.RateLimiter.RequestsPerDay = (long)value),
        Tokens("tpd", "LLM tokens per day, for each target.", static (target, value) => target.RateLimiter.TokensPerDay = (long)value, most: MostTokensPerDay),
        Limit.Number("burst", 1, MostAtOnce, "Requests at once after a pause, with --rps or --rpm. Default: a second's worth.", SetBurst, burstOf: ["rps", "rpm"]),
        Limit.Number(
            "token_burst", 1, MostTokensPerMinute, "LLM tokens at once after a pause, with --tpm, --itpm or --otpm; no request may cost more. Default: a minute's worth.", SetTokenBurst,
            burstOf: ["tpm", "itpm", "otpm"]),
        MaxInflight,
        Limit.Number("pool_rpm", 1, MostPerMinute, "Requests per minute, for all keys together.", apply: null, static (shared, value) => shared.RequestsPerMinute = (long)value),
        Tokens("pool_tpm", "LLM tokens per minute, for all keys together.", apply: null, static (shared, value) => shared.TokensPerMinute = (long)value),
    ];

    private static Limit Tokens(
        string key, string description, Action<TargetOptions, double>? apply, Action<Capacity.RateLimiterOptions, double>? applyToPool = null, long most = MostTokensPerMinute) =>
        Limit.Number(key, 1, most, description, apply, applyToPool);

    // Those that they belong to stand before them in the table, and are set by then.
    private static void SetBurst(TargetOptions target, double value)
    {
        if ((target.RateLimiter.RequestsPerSecond ?? target.RateLimiter.RequestsPerMinute) is not null)
        {
            target.RateLimiter.BurstSize = (long)value;
        }
    }

    private static void SetTokenBurst(TargetOptions target, double value)
    {
        target.RateLimiter.TokenBurst = target.RateLimiter.TokensPerMinute is null ? null : (long)value;
        target.RateLimiter.InputTokenBurst = target.RateLimiter.InputTokensPerMinute is null ? null : (long)value;
        target.RateLimiter.OutputTokenBurst = target.RateLimiter.OutputTokensPerMinute is null ? null : (long)value;
    }

    private static void SetInflight(TargetOptions target, double value)
    {
        if (value is Auto)
        {
            target.AdaptiveLimit = new AdaptiveLimitOptions { Initial = InflightAtStart };
        }
        else
        {
            // 0 is no limit.
            target.Backpressure.MaxInflight = value is Unlimited ? 0 : (int)value;
        }
    }

    private static string? ReadInflight(string text, out double? value)
    {
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= MostInflight;
        value = isNumber ? number : text == "auto" ? Auto : null;
        return value is null ? "it must be 'auto' or a number from 1 to 100000" : null;
    }

    // The variable belongs to the whole family, which knows no auto and says 0 for no limit.
    private static string? ReadInflightVariable(string text, out double? value)
    {
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= 1_000_000;
        value = isNumber ? number == 0 ? Unlimited : number : null;
        return isNumber ? null : "it must be a whole number from 0 to 1000000, or not set";
    }
}
