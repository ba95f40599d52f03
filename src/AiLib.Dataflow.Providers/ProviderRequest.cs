namespace AiLib.Dataflow.Providers;

/// <summary>One request to a provider: which operation, and the JSON as bytes.</summary>
/// <remarks>Immutable as long as the owner of the bytes leaves them alone; several attempts may read them.</remarks>
public sealed class ProviderRequest
{
    /// <summary>Creates a request. Nothing is checked here: the endpoint refuses a path that is not in <see cref="ProviderPaths"/> before the wire.</summary>
    /// <param name="path">The operation, such as <c>/v1/chat/completions</c>.</param>
    /// <param name="body">The JSON body in UTF-8.</param>
    public ProviderRequest(string path, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(path);
        Path = path;
        Body = body;
    }

    /// <summary>The operation, such as <c>/v1/chat/completions</c>.</summary>
    public string Path { get; }

    /// <summary>The JSON body in UTF-8, sent as it is unless the endpoint sets the model.</summary>
    public ReadOnlyMemory<byte> Body { get; }
}
