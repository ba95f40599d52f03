using AiLib.Dataflow.Batch.Input;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>Reads back what earlier runs wrote, and cuts off what is damaged.</summary>
/// <remarks>
/// Everything from the first line on that is not whole is cut off, because what stands behind damage cannot be trusted either; the requests of
/// those lines run again.
/// When that is more than the torn last line, it is kept in a file beside it first: answers have cost money.
/// </remarks>
internal static class OutputRecovery
{
    // An answer may be far longer than an input line; the buffer grows only when one is.
    internal const int MaxLineBytes = 1024 * 1024 * 1024;

    // What may not have been on the disk when a run ended is never so much: a megabyte is committed at the latest, and a kernel writes what it has within seconds.
    private const int ParsedBytes = 64 * 1024 * 1024;

    private const int BufferBytes = 1024 * 1024;

    /// <summary>Reads a file up to its end or the first damaged line. The bodies of the last 64 MiB are parsed, those before are glanced at.</summary>
    /// <param name="stream">The file, at its start.</param>
    /// <param name="onLine">Told the id of each line, and the line.</param>
    /// <param name="cancellationToken">Ends it with an <see cref="OperationCanceledException"/>.</param>
    public static async Task<Recovered> ReadAsync(Stream stream, OnLine onLine, CancellationToken cancellationToken)
    {
        LineSplitter splitter = new(stream, MaxLineBytes, (int)Math.Clamp(stream.Length + 1, 4096, BufferBytes));
        long parsedFrom = stream.Length - ParsedBytes;
        long lines = 0;
        long good = 0;
        while (await splitter.MoveNextAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext))
        {
            SplitLine line = splitter.Current;
            if (line is { IsTerminated: true, IsBlank: true })
            {
                // An editor's. It says nothing and does no harm.
                good = line.End;
                continue;
            }

            if (!line.IsTerminated || !TryRead(line.Content.Span, isParsed: line.End > parsedFrom, out BatchId id))
            {
                return new Recovered(lines, good, IsDamaged: true, IsLastLine: !line.IsTerminated, IsOurs: lines > 0 || BeginsLikeOurs(line.Content.Span));
            }

            onLine(id, line.Content.Span);
            lines++;
            good = line.End;
        }

        return new Recovered(lines, good, IsDamaged: false, IsLastLine: false, IsOurs: true);
    }

    /// <summary>Leaves a file with whole lines only, standing at its end.</summary>
    /// <returns>The number of lines, and what a user should be told.</returns>
    /// <exception cref="ConfigurationException">It is not a file of ours.</exception>
    public static async Task<(long Lines, string? Note)> RepairAsync(
        Stream stream, string path, IFileSystem files, OnLine onLine, CancellationToken cancellationToken)
    {
        Recovered recovered = await ReadAsync(stream, onLine, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        string? note = null;
        if (recovered.IsDamaged)
        {
            if (!recovered.IsOurs)
            {
                throw new ConfigurationException(
                    [$"'{path}' is there and its first line is not one of this tool's; choose another output, or move the file away (--fresh does)."]);
            }

            note = FormattableString.Invariant(
                $"'{path}' was damaged at its end: {stream.Length - recovered.GoodBytes} bytes were cut off; those requests run again.");
            if (!recovered.IsLastLine)
            {
                string kept = SideFiles.FreeName(path + ".damaged", files);
                await KeepAsync(stream, recovered.GoodBytes, kept, files, cancellationToken).ConfigureAwait(Continuations.KeepContext);
                note += $" They are kept in '{kept}'.";
            }

            stream.SetLength(recovered.GoodBytes);
        }

        stream.Position = recovered.GoodBytes;
        return (recovered.Lines, note);
    }

    /// <summary>Told a whole line.</summary>
    public delegate void OnLine(BatchId id, ReadOnlySpan<byte> line);

    private static bool TryRead(ReadOnlySpan<byte> line, bool isParsed, out BatchId id) =>
        isParsed ? RecoveredLine.TryRead(line, out id) : RecoveredLine.TryGlance(line, out id);

    /// <summary>Whether a file whose first line is damaged may be one of ours all the same: torn, or of a page that was lost with the power and reads as zeros.</summary>
    private static bool BeginsLikeOurs(ReadOnlySpan<byte> line) => line.StartsWith((byte)0) || OutputLine.Opening.StartsWith(line[..Math.Min(line.Length, OutputLine.Opening.Length)]);

    private static async Task KeepAsync(Stream stream, long from, string path, IFileSystem files, CancellationToken cancellationToken)
    {
        Stream kept = files.OpenExclusive(path);
        await using (kept.ConfigureAwait(Continuations.KeepContext))
        {
            stream.Position = from;
            await stream.CopyToAsync(kept, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }
    }
}

/// <summary>What was found in a file.</summary>
/// <param name="Lines">Whole lines before the damage.</param>
/// <param name="GoodBytes">Where they end.</param>
/// <param name="IsDamaged">Whether something stands behind them.</param>
/// <param name="IsLastLine">Whether that is one torn line and nothing more.</param>
/// <param name="IsOurs">Whether the file is one of this tool's, as far as can be told.</param>
internal readonly record struct Recovered(long Lines, long GoodBytes, bool IsDamaged, bool IsLastLine, bool IsOurs);
