namespace AiLib.Dataflow.Providers.Http;

/// <summary>A body as far as it was read.</summary>
/// <param name="Bytes">What was read.</param>
/// <param name="End">Why reading ended.</param>
internal readonly record struct BodyRead(ReadOnlyMemory<byte> Bytes, BodyEnd End);

/// <summary>Why reading a body ended.</summary>
internal enum BodyEnd
{
    /// <summary>It was read whole.</summary>
    Whole,

    /// <summary>It is longer than allowed; the rest was not read.</summary>
    TooLong,

    /// <summary>It stood still, or next to still, for too long.</summary>
    Stalled,

    /// <summary>It is shorter than announced, or the connection broke.</summary>
    Cut,
}
