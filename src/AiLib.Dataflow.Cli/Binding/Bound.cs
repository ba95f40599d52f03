using AiLib.Dataflow.Cli.Report;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Binding;

/// <summary>What kept a run from doing more over some time.</summary>
/// <param name="Constraint">Which constraint.</param>
/// <param name="Share">In which share of the time, from 0 to 1.</param>
/// <param name="What">What was waited for, such as <c>request credits of openai/gpt-4o-mini</c>.</param>
/// <param name="Cure">What would change it; null when nothing here would.</param>
internal sealed record Bound(Constraint Constraint, double Share, string What, string? Cure)
{
    private const double AllOfIt = 0.95;

    /// <summary>The share in words; empty when it is all of the time.</summary>
    public string ShareText => Share >= AllOfIt ? "" : $" ({Figures.Share(Share)})";

    /// <summary>What is waited for, with its share, and what would change it.</summary>
    public override string ToString() => What + ShareText + (Cure is null ? "" : $": {Cure}");

    /// <summary>The same of a whole run, as a sentence.</summary>
    public string ToSentence()
    {
        string part = Share switch
        {
            >= AllOfIt => "Nearly all of the time",
            > 0.5 => "Most of the time",
            _ => "The largest part of the time",
        };
        return $"{part} went to waiting for {What} ({Figures.Share(Share)}){(Cure is null ? "" : $": {Cure}")}.";
    }
}
