using AiLib.Dataflow.Batch.Input.Compression;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Input;

/// <summary>Opens an input in the form that its options say.</summary>
internal static class InputEntries
{
    /// <summary>Opens an input from where its stream stands.</summary>
    /// <param name="stream">The file. It is not disposed.</param>
    /// <param name="options">How it is read.</param>
    /// <param name="maxLineBytes">The longest entry.</param>
    /// <param name="cancellationToken">Gives up waiting for its first bytes.</param>
    /// <exception cref="ConfigurationException">The options cannot be meant for this input.</exception>
    public static async ValueTask<IInputEntries> OpenAsync(Stream stream, BatchInputOptions options, int maxLineBytes, CancellationToken cancellationToken)
    {
        Check(options);
        InputStream input = await Compressed.OpenAsync(stream, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        return new JsonLines(input, options.Url, maxLineBytes);
    }

    private static void Check(BatchInputOptions options)
    {
        List<string> problems = [];
        if (options.Url is { } url && !ProviderPaths.IsAllowed(url))
        {
            problems.Add($"The url '{url}' is not one of the allowed paths: {string.Join(", ", ProviderPaths.All)}.");
        }

        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }
    }
}
