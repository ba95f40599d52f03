namespace AiLib.Dataflow.Batch.Input.Ids;

/// <summary>A volume that stands in memory as well, and room for it. For one thread.</summary>
/// <param name="most">How many ids there is room for.</param>
internal sealed class LoadedVolume(int most) : IDisposable
{
    private readonly NativeWords _words = new(most);

    /// <summary>Which one it is; null before there is one.</summary>
    public IdVolume? Volume { get; private set; }

    /// <summary>Its ids.</summary>
    public ReadOnlySpan<ulong> Ids => _words.Slice(0, Volume!.Count);

    /// <summary>The bytes of the room.</summary>
    public long Bytes => _words.Length * sizeof(ulong);

    /// <summary>Reads a volume.</summary>
    /// <exception cref="IOException">The file cannot be read, or says something else than was written.</exception>
    public void Read(IdVolume volume, Stream file)
    {
        Volume = null;
        volume.Load(file, _words.Slice(0, volume.Count));
        Volume = volume;
    }

    /// <inheritdoc/>
    public void Dispose() => _words.Dispose();
}
