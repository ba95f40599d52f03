using System.Globalization;

namespace AiLib.Dataflow.Batch.Input;

/// <summary>Why a line of the input is no request.</summary>
/// <param name="Code">A short name for programs, such as <c>invalid_json_line</c>.</param>
/// <param name="Line">The line's number, from 1.</param>
/// <param name="Column">The character's number in the line, from 1.</param>
/// <param name="Problem">What is wrong, as a sentence.</param>
/// <param name="Cure">What to do, as a sentence.</param>
/// <param name="CustomId">The line's <c>custom_id</c>, where it has a usable one.</param>
public sealed record BatchLineError(string Code, long Line, int Column, string Problem, string Cure, string? CustomId = null)
{
    /// <summary>The error in one line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"Line {Line}, column {Column}: {Problem} {Cure}");
}
