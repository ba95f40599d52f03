namespace AiLib.Dataflow.Batch.Spend;

/// <summary>Sums of money.</summary>
internal static class Usd
{
    /// <summary>The same number without zeros at its end.</summary>
    public static decimal Plain(decimal amount) => amount / 1.000000000000000000000000000m;
}
