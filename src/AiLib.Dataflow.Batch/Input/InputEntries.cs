using AiLib.Dataflow.Batch.Input.Compression;
using AiLib.Dataflow.Batch.Input.Rows;
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
        if (options.Format == BatchInputFormat.Parquet)
        {
            return await ParquetRows.OpenAsync(stream, options, maxLineBytes, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }

        InputStream input = await Compressed.OpenAsync(stream, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        return options.Format == BatchInputFormat.Csv
            ? await CsvRows.OpenAsync(input, options, maxLineBytes, cancellationToken).ConfigureAwait(Continuations.KeepContext)
            : new JsonLines(input, options.Url, maxLineBytes);
    }

    /// <summary>Says what is wrong with the options for this input before anything is done, and leaves the stream where it stood.</summary>
    public static async ValueTask CheckAsync(Stream stream, BatchInputOptions options, int maxLineBytes, CancellationToken cancellationToken)
    {
        long start = stream.Position;
        IInputEntries entries = await OpenAsync(stream, options, maxLineBytes, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        await entries.DisposeAsync().ConfigureAwait(Continuations.KeepContext);
        stream.Position = start;
    }

    private static void Check(BatchInputOptions options)
    {
        List<string> problems = [];
        if (options.Url is { } url && !ProviderPaths.IsAllowed(url))
        {
            problems.Add($"The url '{url}' is not one of the allowed paths: {string.Join(", ", ProviderPaths.All)}.");
        }

        if (options.Format is null or BatchInputFormat.JsonLines && ((options.Prompt ?? options.SystemPrompt ?? options.IdColumn) is not null || options.MaxTokens is not null))
        {
            problems.Add("The input is JSON lines, whose requests are written out: --prompt, --system, --max-tokens and --id-column are for tables (CSV, Parquet); --input-format says which.");
        }

        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }
    }
}
