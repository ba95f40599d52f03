using AiLib.Dataflow.Batch.Input.Compression;
using AiLib.Dataflow.Batch.Input.Rows;
using AiLib.Dataflow.Batch.Input.Selection;
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
        Check(stream, options);
        if (options.ShuffleSeed is not null)
        {
            return await OpenShuffledAsync(stream, options, maxLineBytes, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }

        EntryChoice? choice = options.SampleShare is { } share ? EntryChoice.OfShare(share, seed: null) : null;
        if (options.SampleCount is { } count)
        {
            long all = await CountAsync(stream, options, maxLineBytes, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            choice = EntryChoice.OfCount(count, all, seed: null);
        }

        IInputEntries entries = await OpenAllAsync(stream, options, maxLineBytes, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        return choice is null && options.Limit is null ? entries : new SelectedEntries(entries, choice, options.Limit ?? long.MaxValue);
    }

    /// <summary>Says what is wrong with the options for this input before anything is done, and leaves the stream where it stood.</summary>
    public static async ValueTask CheckAsync(Stream stream, BatchInputOptions options, int maxLineBytes, CancellationToken cancellationToken)
    {
        Check(stream, options);
        long start = stream.Position;
        IInputEntries entries = await OpenAllAsync(stream, options, maxLineBytes, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        await entries.DisposeAsync().ConfigureAwait(Continuations.KeepContext);
        stream.Position = start;
        if (options.ShuffleSeed is not null)
        {
            await RequirePlainAsync(stream, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }
    }

    private static async ValueTask<IInputEntries> OpenAllAsync(Stream stream, BatchInputOptions options, int maxLineBytes, CancellationToken cancellationToken)
    {
        if (options.Format == BatchInputFormat.Parquet)
        {
            return await ParquetRows.OpenAsync(stream, options, maxLineBytes, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }

        InputStream input = await Compressed.OpenAsync(stream, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        return options.Format == BatchInputFormat.Csv
            ? await CsvRows.OpenAsync(input, options, maxLineBytes, cancellationToken).ConfigureAwait(Continuations.KeepContext)
            : new JsonLines(input, options.Url, maxLineBytes);
    }

    /// <summary>A sample of a shuffled input is its beginning.</summary>
    private static async ValueTask<IInputEntries> OpenShuffledAsync(
        Stream stream, BatchInputOptions options, int maxLineBytes, CancellationToken cancellationToken)
    {
        await RequirePlainAsync(stream, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        EntryChoice? choice = options.SampleShare is { } share ? EntryChoice.OfShare(share, options.ShuffleSeed) : null;
        long limit = Math.Min(options.Limit ?? long.MaxValue, options.SampleCount ?? long.MaxValue);
        IInputEntries lines = await ShuffledLines.OpenAsync(stream, options, maxLineBytes, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        return new SelectedEntries(lines, choice, limit);
    }

    private static async ValueTask RequirePlainAsync(Stream stream, CancellationToken cancellationToken)
    {
        long start = stream.Position;
        InputStream input = await Compressed.OpenAsync(stream, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        await input.DisposeAsync().ConfigureAwait(Continuations.KeepContext);
        stream.Position = start;
        if (input.Kind != CompressionKind.None)
        {
            throw new ConfigurationException(["--shuffle-seed reads lines from where they stand, which a compressed file does not allow; expand it first."]);
        }
    }

    private static async ValueTask<long> CountAsync(Stream stream, BatchInputOptions options, int maxLineBytes, CancellationToken cancellationToken)
    {
        long start = stream.Position;
        long count = 0;
        IInputEntries entries = await OpenAllAsync(stream, options, maxLineBytes, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        await using (entries.ConfigureAwait(Continuations.KeepContext))
        {
            while (await entries.MoveNextAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext))
            {
                count++;
            }
        }

        stream.Position = start;
        return count;
    }

    private static void Check(Stream stream, BatchInputOptions options)
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

        if (!stream.CanSeek && (options.SampleCount ?? options.ShuffleSeed) is not null)
        {
            problems.Add("A sample of so many lines (--sample N) and --shuffle-seed read the input twice, which a pipe does not allow; name a file, or sample a share (--sample 0.1).");
        }

        if (options.ShuffleSeed is not null && options.Format is BatchInputFormat.Csv or BatchInputFormat.Parquet)
        {
            problems.Add("--shuffle-seed is for JSON lines; a table is read in its order.");
        }

        if (options.SampleCount is not null && options.SampleShare is not null)
        {
            problems.Add("A sample is so many lines or a share of them, not both.");
        }

        if (options.Limit < 0 || options.SampleCount < 0 || options.SampleShare is < 0 or > 1 or double.NaN)
        {
            problems.Add("A limit and a sample cannot be negative, and a share is from 0 to 1.");
        }

        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }
    }
}
