namespace AiLib.Dataflow.Capacity;

/// <summary>What an attempt took from the limits that few targets have, beside its one request and its token credits.</summary>
/// <param name="Input">Credits for tokens of the prompt.</param>
/// <param name="Output">Credits for tokens of the answer.</param>
/// <param name="TakenInput">How many of the first all attempts had taken then, this one included.</param>
/// <param name="TakenOutput">How many of the second.</param>
internal readonly record struct FurtherCredits(long Input, long Output, long TakenInput, long TakenOutput)
{
    /// <summary>What it costs after all: a part that is not known stays as it was estimated, unless that is more than the whole.</summary>
    public FurtherCredits After(in TokenCost real) => real.HasParts
        ? this with { Input = real.InputAtMost, Output = real.OutputAtMost }
        : this with { Input = Math.Min(Input, Math.Max(0, real.Total)), Output = Math.Min(Output, Math.Max(0, real.Total)) };
}
