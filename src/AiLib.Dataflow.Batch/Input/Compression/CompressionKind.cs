namespace AiLib.Dataflow.Batch.Input.Compression;

/// <summary>How a file is compressed, as its first bytes tell; its name does not matter.</summary>
internal enum CompressionKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>RFC 1952.</summary>
    Gzip,

    /// <summary>RFC 8878.</summary>
    Zstandard,
}
