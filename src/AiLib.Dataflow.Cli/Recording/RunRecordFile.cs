using System.Text.Json;

namespace AiLib.Dataflow.Cli.Recording;

/// <summary>The runs of a job, kept in a file beside its results, so that they can be looked at later.</summary>
/// <remarks>
/// Nothing depends on it: a job goes on without it, and a file that is damaged, or cannot be written, is only said. It is replaced as a whole. The last run is kept
/// with what happened over time, those before it with their totals.
/// </remarks>
/// <param name="results">The results of the job.</param>
internal sealed class RunRecordFile(string results)
{
    private const int Format = 1;
    private const int MostRuns = 50;
    private const long MostBytes = 16 * 1024 * 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        Converters = { new RunPointsConverter(), new ConstraintTimesConverter() },
    };

    /// <summary>Where it is.</summary>
    public string Path { get; } = results + ".runs";

    /// <summary>The runs, the last one last; none when there is no such file.</summary>
    /// <exception cref="InvalidDataException">There is a file, and it is not one of ours, or of a later version.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public async Task<IReadOnlyList<RunRecord>> ReadAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Path))
        {
            return [];
        }

        try
        {
            FileStream file = new(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            await using (file.ConfigureAwait(Continuations.KeepContext))
            {
                if (file.Length > MostBytes)
                {
                    throw new InvalidDataException($"'{Path}' is not a record of runs; it is passed over.");
                }

                Contents? contents = await JsonSerializer.DeserializeAsync<Contents>(file, Options, cancellationToken).ConfigureAwait(Continuations.KeepContext);
                return contents is { Format: Format, Runs: { } runs } && !runs.Contains(null)
                    ? runs.OfType<RunRecord>().ToArray()
                    : throw new InvalidDataException($"'{Path}' is of another version; it is passed over.");
            }
        }
        catch (JsonException damage)
        {
            throw new InvalidDataException($"'{Path}' is damaged; it is passed over.", damage);
        }
    }

    /// <summary>Replaces it.</summary>
    /// <param name="earlier">The runs before.</param>
    /// <param name="last">The last one.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(IReadOnlyList<RunRecord> earlier, RunRecord last)
    {
        RunRecord[] runs = [.. earlier.Skip(Math.Max(0, earlier.Count + 1 - MostRuns)).Select(run => run with { Points = [] }), last];
        string next = Path + ".new";
        if (new FileInfo(Path).LinkTarget is not null)
        {
            throw new IOException($"'{Path}' is a symbolic link.");
        }

        // A left-over of a killed run, or a link that somebody put there: neither is written into.
        File.Delete(next);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (FileStream file = new(next, options))
        {
            using Utf8JsonWriter json = new(file);
            json.WriteStartObject();
            json.WriteNumber("format", Format);
            json.WriteStartArray("runs");
            foreach (RunRecord run in runs)
            {
                RunRecordWriter.Write(json, run, Options);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        File.Move(next, Path, overwrite: true);
    }

    private sealed record Contents(int Format, IReadOnlyList<RunRecord?> Runs);
}
