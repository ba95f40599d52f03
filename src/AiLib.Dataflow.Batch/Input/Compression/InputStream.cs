namespace AiLib.Dataflow.Batch.Input.Compression;

/// <summary>The bytes of an input as they are meant.</summary>
/// <param name="Content">The bytes, expanded where they were compressed.</param>
/// <param name="Kind">How the file is compressed.</param>
/// <param name="File">The bytes of the file itself.</param>
internal sealed record InputStream(Stream Content, CompressionKind Kind, FileBytes File) : IAsyncDisposable
{
    /// <summary>How much of the file was used when its content was read up to here.</summary>
    /// <param name="contentOffset">A place in the content.</param>
    public long PositionOf(long contentOffset) => Kind == CompressionKind.None ? contentOffset : File.Count;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}
