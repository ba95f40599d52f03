using AiLib.Dataflow.Cli.Binding;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Live;

/// <summary>What may be sent in a minute, where that is one number: at one target, or at one pool of keys.</summary>
/// <param name="RequestsPerMinute">Requests; null without a limit.</param>
/// <param name="TokensPerMinute">LLM tokens; null without a limit.</param>
internal readonly record struct QuotaUse(double? RequestsPerMinute, double? TokensPerMinute)
{
    /// <summary>Whether anything is limited.</summary>
    public bool IsAny => RequestsPerMinute is not null || TokensPerMinute is not null;

    /// <summary>LLM tokens a minute that are really used, of so many that are allowed.</summary>
    public double? TokensUsed => TokensPerMinute * (1 - RunSettings.Headroom);

    /// <summary>Reads it from the limits in force, configured or told. None where targets stand one behind the other: how much goes to which is not known.</summary>
    /// <param name="now">The signals.</param>
    /// <param name="asked">Which limits were asked for: those over all keys of a pool are in no target's signals.</param>
    public static QuotaUse Of(SignalsSnapshot now, IReadOnlyList<AskedLimits> asked)
    {
        bool isOnePlace = now.Targets.Count == 1 || (now.Targets is [{ Pool: not null }, ..] && now.Targets.All(target => target.Pool == now.Targets[0].Pool));
        return isOnePlace
            ? new QuotaUse(
                Lower(Sum(now.Targets, target => target.RequestLimitPerMinute), Shared(limits => limits.Requests)),
                Lower(Sum(now.Targets, target => WholeTokens(target.TokenLimitPerMinute)), Shared(limits => limits.Tokens)))
            : default;

        double? Shared(Func<AskedLimits, IReadOnlyList<AskedLimit>> of) => asked.SelectMany(of).FirstOrDefault(limit => limit.IsShared)?.PerMinute;
    }

    private static double? Sum(IReadOnlyList<TargetSignals> targets, Func<TargetSignals, double?> limit) =>
        targets.Where(target => target.ParkedFor is null).Aggregate((double?)0, (sum, target) => sum + limit(target));

    /// <summary>A limit on tokens as the target, or the user, calls it.</summary>
    public static double? WholeTokens(double? limit) => limit is { } number ? Math.Round(number / (1 - RunSettings.Headroom), 1) : null;

    private static double? Lower(double? one, double? other) => one is { } first && other is { } second ? Math.Min(first, second) : one ?? other;
}
