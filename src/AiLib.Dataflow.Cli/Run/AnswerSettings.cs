using System.Globalization;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Cli.Targets;

namespace AiLib.Dataflow.Cli.Run;

/// <summary>What a job cannot change on its way without mixing answers of different kinds: as it holds, whoever said it and whatever it is called.</summary>
internal static class AnswerSettings
{
    /// <summary>Who answers, where, and what is asked.</summary>
    /// <param name="input">How requests are made.</param>
    /// <param name="targets">The targets in fallback order.</param>
    /// <returns>Each setting by the name of its option.</returns>
    public static Dictionary<string, string> Of(BatchInputOptions input, IReadOnlyList<TargetPlan> targets)
    {
        // A key, and the name of the variable that it is in, change no answer; nor does what a file calls a target.
        Dictionary<string, string> found = new(StringComparer.Ordinal) { ["--target"] = string.Join(", ", targets.Select(target => target.WhoAnswers)) };
        string[] elsewhere = [.. targets.Where(IsElsewhere).Select(target => (targets.Count == 1 ? "" : $"{target.WhoAnswers}: ") + AddressOf(target))];
        if (elsewhere.Length > 0)
        {
            found["--base-url"] = string.Join(", ", elsewhere);
        }

        foreach ((string name, string? value) in new[]
        {
            ("--prompt", input.Prompt), ("--system", input.SystemPrompt), ("--max-tokens", input.MaxTokens?.ToString(CultureInfo.InvariantCulture)),
            ("--url", input.Url), ("--id-column", input.IdColumn),
        })
        {
            if (value is not null)
            {
                found[name] = value;
            }
        }

        return found;
    }

    private static bool IsElsewhere(TargetPlan target) => target.Provider is { } provider && AddressOf(target) != AddressOf(provider.BaseAddress);

    private static string? AddressOf(TargetPlan target) => AddressOf(target.Address.Value);

    private static string? AddressOf(Uri? address) => address?.AbsoluteUri.TrimEnd('/');
}
