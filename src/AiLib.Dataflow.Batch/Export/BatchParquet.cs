using System.Globalization;
using System.Text.Json;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;
using Parquet;

namespace AiLib.Dataflow.Batch.Export;

/// <summary>Writes the results and errors of a job as one Parquet file.</summary>
/// <remarks>
/// The file is made beside its place and put there whole, so what is read there is never half a file. It holds how long the files were that it was made
/// from; when they are as long still, nothing is written. Memory is bounded by the size of a group of rows.
/// </remarks>
public static class BatchParquet
{
    // Enough to compress well; a group is in memory while it is gathered, as texts and as encoded columns.
    private const int MostRows = 50_000;
    private const long MostBytes = 64L * 1024 * 1024;

    private const string ResultsKey = "ailib.results_bytes";
    private const string ErrorsKey = "ailib.errors_bytes";

    /// <summary>Refuses a place where a file is that was not made here.</summary>
    /// <param name="path">Where the Parquet file is to go.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ConfigurationException">There is such a file, or no such directory.</exception>
    public static async Task CheckAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        string? directory = Path.GetDirectoryName(Path.GetFullPath(path));
        if (!Directory.Exists(directory))
        {
            throw new ConfigurationException([$"The directory '{directory}' of the Parquet file is not there; make it first."]);
        }

        if (Directory.Exists(path) || (File.Exists(path) && await MadeFromAsync(path, cancellationToken).ConfigureAwait(Continuations.KeepContext) is null))
        {
            throw new ConfigurationException([$"'{path}' is there and is not one of this tool's; choose another output, or move it away."]);
        }
    }

    /// <summary>Writes the file. The job must have ended.</summary>
    /// <param name="resultsPath">The results of the job.</param>
    /// <param name="errorsPath">Its errors; there may be no such file.</param>
    /// <param name="path">Where the Parquet file goes.</param>
    /// <param name="cancellationToken">Gives up; the place is left as it was.</param>
    /// <returns>The number of rows; null when the file was there already.</returns>
    /// <exception cref="ConfigurationException">A file is there that was not made here.</exception>
    /// <exception cref="IOException">It cannot be written, or a line of the job cannot be read.</exception>
    public static async Task<long?> WriteAsync(string resultsPath, string errorsPath, string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resultsPath);
        ArgumentNullException.ThrowIfNull(errorsPath);
        await CheckAsync(path, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        Dictionary<string, string> made = new(StringComparer.Ordinal) { [ResultsKey] = LengthOf(resultsPath), [ErrorsKey] = LengthOf(errorsPath) };
        if (File.Exists(path)
            && await MadeFromAsync(path, cancellationToken).ConfigureAwait(Continuations.KeepContext) is { } before
            && made.All(entry => before.GetValueOrDefault(entry.Key) == entry.Value))
        {
            return null;
        }

        string unfinished = path + ".part";
        try
        {
            long rows = await WriteAllAsync([resultsPath, errorsPath], made, unfinished, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            File.Move(unfinished, path, overwrite: true);
            return rows;
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    private static async Task<long> WriteAllAsync(
        string[] inputs, Dictionary<string, string> made, string path, CancellationToken cancellationToken)
    {
        File.Delete(path);
        FileStream file = OwnFile.Create(path);
        await using (file.ConfigureAwait(Continuations.KeepContext))
        {
            ParquetOptions parquet = new() { CompressionMethod = CompressionMethod.Zstd };
            ParquetWriter writer = await ParquetWriter.CreateAsync(ResultColumns.Schema, file, parquet, cancellationToken: cancellationToken)
                .ConfigureAwait(Continuations.KeepContext);
            await using (writer.ConfigureAwait(Continuations.KeepContext))
            {
                writer.CustomMetadata = made;
                long rows = 0;
                foreach (string input in inputs.Where(File.Exists))
                {
                    rows += await WriteAsync(writer, input, cancellationToken).ConfigureAwait(Continuations.KeepContext);
                }

                return rows;
            }
        }
    }

    private static async Task<long> WriteAsync(ParquetWriter writer, string input, CancellationToken cancellationToken)
    {
        List<ResultRow> rows = [];
        long count = 0;
        long bytes = 0;
        Stream stream = DiskFileSystem.Instance.OpenRead(input);
        await using (stream.ConfigureAwait(Continuations.KeepContext))
        {
            LineSplitter lines = new(stream, OutputRecovery.MaxLineBytes);
            while (await lines.MoveNextAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext))
            {
                if (lines.Current.IsBlank)
                {
                    continue;
                }

                rows.Add(Read(lines.Current, input));
                bytes += rows[^1].Bytes;
                if (rows.Count == MostRows || bytes >= MostBytes)
                {
                    count += rows.Count;
                    await ResultColumns.WriteAsync(writer, rows, cancellationToken).ConfigureAwait(Continuations.KeepContext);
                    rows.Clear();
                    bytes = 0;
                }
            }
        }

        if (rows.Count > 0)
        {
            await ResultColumns.WriteAsync(writer, rows, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }

        return count + rows.Count;
    }

    private static ResultRow Read(in SplitLine line, string path)
    {
        try
        {
            return ResultRowReader.Read(line.Content);
        }
        catch (JsonException damage)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"Line {line.Number} of '{path}' is damaged; run the job again."), damage);
        }
    }

    /// <summary>What a file says it was made from; null when it does not say.</summary>
    private static async Task<Dictionary<string, string>?> MadeFromAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            ParquetReader reader = await ParquetReader.CreateAsync(path, cancellationToken: cancellationToken).ConfigureAwait(Continuations.KeepContext);
            await using (reader.ConfigureAwait(Continuations.KeepContext))
            {
                return reader.CustomMetadata.ContainsKey(ResultsKey) ? reader.CustomMetadata : null;
            }
        }
        catch (Exception damage) when (damage is not (OperationCanceledException or OutOfMemoryException))
        {
            // Whatever is no Parquet file makes the library fail wherever its bytes lead it.
            return null;
        }
    }

    private static string LengthOf(string path) => (File.Exists(path) ? new FileInfo(path).Length : 0).ToString(CultureInfo.InvariantCulture);
}
