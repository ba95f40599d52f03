using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Input;

/// <summary>Finds out whether the options can be meant for the input, before a file is made.</summary>
internal static class InputCheck
{
    /// <summary>Looks at the beginning of the input. A pipe is not looked at: what was read of it would be missing.</summary>
    /// <exception cref="ConfigurationException">They cannot.</exception>
    public static async Task RunAsync(BatchJobOptions options, IFileSystem files, CancellationToken cancellationToken)
    {
        if (options.InputStream is not null || !files.Exists(options.InputPath))
        {
            // What is not there is reported with everything else that is wrong with the paths.
            return;
        }

        try
        {
            Stream stream = files.OpenRead(options.InputPath);
            await using (stream.ConfigureAwait(Continuations.KeepContext))
            {
                if (stream.CanSeek)
                {
                    BatchInputOptions input = options.Input.WithFormatOf(options.InputPath);
                    await InputEntries.CheckAsync(stream, input, options.MaxLineBytes, cancellationToken).ConfigureAwait(Continuations.KeepContext);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([$"The input '{options.InputPath}' cannot be read: {exception.Message}"]);
        }
    }
}
