namespace AiLib.Dataflow.Batch.Input.Ids;

/// <summary>The 72 bits that are kept of an id.</summary>
/// <param name="Row">The first 10: which row it stands in.</param>
/// <param name="Rest">The other 62: what stands there.</param>
internal readonly record struct IdKey(int Row, ulong Rest)
{
    /// <summary>The bits of the first part.</summary>
    public const int RowBits = 10;

    /// <summary>The bits of the second part.</summary>
    public const int RestBits = 62;

    /// <summary>How many rows there are.</summary>
    public const int Rows = 1 << RowBits;
}
