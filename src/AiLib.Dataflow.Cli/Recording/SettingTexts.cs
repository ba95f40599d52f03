using System.Globalization;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.Cli.Settings;
using AiLib.Dataflow.Cli.Targets;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Cli.Recording;

/// <summary>The settings of a run as they may be shown: each by name, so that what is added to the command line is not shown until somebody has thought about it. Keys never.</summary>
internal static class SettingTexts
{
    private const int LongestText = 400;

    /// <summary>What was asked for; what was not is left out.</summary>
    public static IReadOnlyList<SettingRecord> Of(RunSettings settings, IReadOnlyList<Target> targets)
    {
        List<SettingRecord> found = [];
        foreach (Target target in targets)
        {
            // The address without its query and without a name and password before the host: either may hold a key.
            string where = target.Options is { BaseAddress: { } address }
                ? address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
                : "the embedded simulator";
            Add("--target", $"{target.Id} at {where}, model {target.Model ?? "of each request"}");
        }

        IReadOnlyList<TargetPlan> plans = [.. targets.Select(target => target.Plan).Distinct()];

        // The names of the variables, which is where the keys are and not what they are; the provider's own one goes without saying.
        Add("--api-key-env", OfEach(plans, static plan => plan.KeyVariables.Source == Sources.BuiltIn ? null : string.Join(", ", plan.KeyVariables.Value)));
        foreach (Limit limit in LimitTable.All)
        {
            Add(limit.OptionName, OfEach(plans, plan => plan.Limits.FirstOrDefault(setting => setting.Limit == limit) is { } found ? limit.TextOf(found.Said.Value) : null));
        }

        Add("--tokenizer", settings.Tokenizer);
        Add("--max-retries", Number(settings.MaxRetries));
        Add("--attempt-timeout", settings.AttemptTimeout is { } timeout ? Number(timeout.TotalSeconds) + "s" : null);
        Add("--price", OfEach(plans, static plan => plan.Prices is { Value: { } prices } ? PriceText.Of(prices) : null));
        Add("--budget", Number(settings.Budget));
        Add("--deadline", settings.Deadline is { } deadline ? Number(deadline.TotalSeconds) + "s" : null);
        Add("--wait-for-quota", settings.WaitForQuota is { } longest ? Number(longest.TotalSeconds) + "s" : null);
        Add("--max-calls", Number(settings.MaxCalls));
        Add("--max-failures", Number(settings.MaxFailures));
        Add("--retry-errors", settings.RetryErrors ? (settings.RetryErrorCodes.Count > 0 ? string.Join(",", settings.RetryErrorCodes) : "all") : null);
        Add("--fresh", Switch(settings.Fresh));
        Add("--accept-changes", Switch(settings.AcceptChanges));
        Add("--ordered", Switch(settings.Ordered));
        Add("--dedupe", Switch(settings.Dedupe));
        Add("--durability", settings.Durability == Batch.BatchDurability.None ? "none" : "batch");
        Add("--prompt", settings.InputOptions.Prompt);
        Add("--system", settings.InputOptions.SystemPrompt);
        Add("--max-tokens", Number(settings.InputOptions.MaxTokens));
        Add("--url", settings.InputOptions.Url);
        Add("--id-column", settings.InputOptions.IdColumn);
        Add("--limit", Number(settings.InputOptions.Limit));
        Add("--sample", Number(settings.InputOptions.SampleCount) ?? Number(settings.InputOptions.SampleShare));
        Add("--shuffle-seed", Number(settings.InputOptions.ShuffleSeed));
        return found;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                string safe = Redactor.Patterns.Redact(value);
                found.Add(new SettingRecord(name, safe.Length <= LongestText ? safe : safe[..LongestText] + "…"));
            }
        }
    }

    /// <summary>What holds for every target, or what holds for each that has it.</summary>
    private static string? OfEach(IReadOnlyList<TargetPlan> plans, Func<TargetPlan, string?> textOf)
    {
        string?[] texts = [.. plans.Select(textOf)];
        return texts.Distinct(StringComparer.Ordinal).Count() < 2
            ? texts.FirstOrDefault()
            : string.Join(", ", plans.Zip(texts).Where(pair => pair.Second is not null).Select(pair => $"{pair.First.Id}: {pair.Second}"));
    }

    private static string? Switch(bool isOn) => isOn ? "yes" : null;

    private static string? Number<T>(T? value)
        where T : struct, IFormattable => value?.ToString(null, CultureInfo.InvariantCulture);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
