namespace AiLib.Dataflow.Capacity;

/// <summary>How full the buckets of one target are, each in the units of its own <see cref="CreditRate"/>; 0 where there is no bucket.</summary>
/// <remarks>Mutable, guarded by whoever holds it: a field that is changed in place.</remarks>
internal struct CreditLevels
{
    /// <summary>Requests a second.</summary>
    public Int128 Second;

    /// <summary>Requests a minute.</summary>
    public Int128 Minute;

    /// <summary>LLM tokens a minute.</summary>
    public Int128 Tokens;
}
