using System.Globalization;
using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Cli.Targets;

namespace AiLib.Dataflow.Cli.Run;

/// <summary>How long a job takes at least, by the limits that are set.</summary>
internal static class LeastTime
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>The line for people; null when no limit makes the job wait.</summary>
    /// <param name="plan">What would be sent.</param>
    /// <param name="target">The first target, which takes all that it can.</param>
    public static string? Describe(BatchPlan plan, TargetPlan target)
    {
        int keys = target.IsPool ? target.KeyVariables.Value.Count : 1;
        double requests = (double)plan.Requests / keys;
        double tokens = (double)plan.EstimatedTokens / keys;
        (string Limit, TimeSpan Time) longest = new[]
        {
            Requests("rps", requests, Second),
            Requests("rpm", requests, Minute),
            Whole("rpd", requests, Day),
            Whole("tpm", tokens, Minute),
            Whole("itpm", (double)plan.Estimate.Input / keys, Minute),
            Whole("otpm", (double)plan.Estimate.Output / keys, Minute),
            Whole("tpd", tokens, Day),
            Requests("pool_rpm", plan.Requests, Minute),
            Whole("pool_tpm", plan.EstimatedTokens, Minute),
        }.MaxBy(static limit => limit.Item2);
        return longest.Time < Second ? null
            : $"Time:    at least about {Text(longest.Time)}, because of {longest.Limit}{(longest.Limit.Contains("rp", StringComparison.Ordinal) ? "" : "; less if answers are shorter than they may be")}";

        // A window's tokens may all go at once; of requests a second's worth; or as much as was said.
        (string, TimeSpan) Whole(string key, double count, TimeSpan window) => At(key, rate => Time(count, rate, window, BurstOf(key) ?? rate));
        (string, TimeSpan) Requests(string key, double count, TimeSpan window) => At(key, rate => Time(count, rate, window, BurstOf(key) ?? OneSecondOf(rate, window)));
        double? BurstOf(string key) => target.Limits.FirstOrDefault(setting => setting.Limit.BurstOf.Contains(key, StringComparer.Ordinal))?.Said.Value;
        (string, TimeSpan) At(string key, Func<double, TimeSpan> time) =>
            target.Limits.FirstOrDefault(setting => setting.Limit.Key == key) is { } limit ? (limit.Limit.OptionName, time(limit.Said.Value)) : ("", TimeSpan.Zero);
    }

    // What goes at once takes no time; the rest flows in.
    private static TimeSpan Time(double count, double rate, TimeSpan window, double atOnce) =>
        count > atOnce ? TimeSpan.FromDays(Math.Min(365_000, (count - atOnce) / rate * window.TotalDays)) : TimeSpan.Zero;

    private static double OneSecondOf(double rate, TimeSpan window) => Math.Max(1, Math.Floor(rate / window.TotalSeconds));

    private static string Text(TimeSpan time) => time switch
    {
        { TotalMinutes: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0} s"),
        { TotalHours: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalMinutes):0} min"),
        { TotalDays: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:N1} days"),
    };
}
