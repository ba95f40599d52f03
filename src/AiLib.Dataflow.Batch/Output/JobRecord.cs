using System.Globalization;
using System.Text.Json;
using AiLib.Dataflow.Batch.Spend;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>What stands in the job file beside the results: whose they are, and how far the last run came.</summary>
/// <param name="Input">The input; null when it could not be looked at, being a stream.</param>
/// <param name="Settings">What else the answers depend on, by name.</param>
/// <param name="State">How the last run ended: <see cref="Running"/>, <see cref="Stopped"/> or <see cref="Completed"/>.</param>
/// <param name="Results">Lines in the results file when the last run ended.</param>
/// <param name="Errors">Lines in the errors file when the last run ended.</param>
internal sealed record JobRecord(InputFingerprint? Input, IReadOnlyDictionary<string, string> Settings, string State, long Results, long Errors)
{
    /// <summary>What all runs have spent, in USD, as far as is known.</summary>
    public decimal SpentUsd { get; init; }

    /// <summary>The part of it that the lines in the results file say. More of it than here is what a run has added that was killed.</summary>
    public decimal SpentInResultsUsd { get; init; }

    /// <summary>The version of the format that is written.</summary>
    public const int Format = 1;

    /// <summary>A run is under way, or was killed.</summary>
    public const string Running = "running";

    /// <summary>The last run ended, and not with the job.</summary>
    public const string Stopped = "stopped";

    /// <summary>The job has come to its end.</summary>
    public const string Completed = "completed";

    private const string Spent = "spent_usd";
    private const string SpentInResults = "spent_in_results_usd";

    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n" };

    /// <summary>Reads what <see cref="ToBytes"/> writes.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="path">What messages call it.</param>
    /// <exception cref="ConfigurationException">It is of a later version, or none of ours.</exception>
    public static JobRecord Parse(ReadOnlyMemory<byte> bytes, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            JsonElement root = document.RootElement;
            int format = root.GetProperty("format").GetInt32();
            if (format != Format)
            {
                throw new ConfigurationException([string.Create(CultureInfo.InvariantCulture,
                    $"'{path}' is of format {format}, and this version reads format {Format}; continue the job with the version that began it, or start again with --fresh.")]);
            }

            JsonElement input = root.GetProperty("input");
            return new JobRecord(
                input.ValueKind == JsonValueKind.Null ? null : new InputFingerprint(input.GetProperty("bytes").GetInt64(), input.GetProperty("sha256").GetString()!),
                root.GetProperty("settings").EnumerateObject().ToDictionary(setting => setting.Name, setting => setting.Value.GetString()!, StringComparer.Ordinal),
                root.GetProperty("state").GetString()!, root.GetProperty("results").GetInt64(), root.GetProperty("errors").GetInt64())
            {
                SpentUsd = Money(root, Spent),
                SpentInResultsUsd = Money(root, SpentInResults),
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Damaged(path);
        }
    }

    /// <summary>A file that is no record.</summary>
    /// <param name="path">What the message calls it.</param>
    public static ConfigurationException Damaged(string path) => new(
        [$"'{path}' is damaged, so nothing says whether the results beside it are this job's. Move it away to continue with them, or start again with --fresh."]);

    /// <summary>The contents of the file: the same for the same job, so that nothing changes when nothing happened.</summary>
    public byte[] ToBytes()
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, Indented))
        {
            json.WriteStartObject();
            json.WriteNumber("format", Format);
            if (Input is null)
            {
                json.WriteNull("input");
            }
            else
            {
                json.WriteStartObject("input");
                json.WriteNumber("bytes", Input.Bytes);
                json.WriteString("sha256", Input.Sha256);
                json.WriteEndObject();
            }

            json.WriteStartObject("settings");
            foreach ((string name, string value) in Settings.OrderBy(setting => setting.Key, StringComparer.Ordinal))
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteString("state", State);
            json.WriteNumber("results", Results);
            json.WriteNumber("errors", Errors);
            if (SpentUsd > 0)
            {
                json.WriteNumber(Spent, Usd.Plain(SpentUsd));
                json.WriteNumber(SpentInResults, Usd.Plain(SpentInResultsUsd));
            }

            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary>The record with what the lines in the results file say they cost now.</summary>
    public JobRecord WithResultsOf(decimal cost) => this with
    {
        // Fewer lines than there were, since the end of the file was damaged, have been paid for all the same.
        SpentUsd = SpentUsd + Math.Max(0, cost - SpentInResultsUsd),
        SpentInResultsUsd = cost,
    };

    /// <summary>What is another with this job than with the one before, as parts of a sentence.</summary>
    public IEnumerable<string> DifferencesFrom(JobRecord before)
    {
        if (Input is { } now && before.Input is { } then && now != then)
        {
            yield return now.DifferenceFrom(then);
        }

        foreach (string name in before.Settings.Keys.Union(Settings.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            string? old = before.Settings.GetValueOrDefault(name);
            string? current = Settings.GetValueOrDefault(name);
            if (!string.Equals(old, current, StringComparison.Ordinal))
            {
                yield return $"{name} was {Quoted(old)} and is now {Quoted(current)}";
            }
        }
    }

    private static decimal Money(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement amount) ? Math.Max(0, amount.GetDecimal()) : 0;

    private static string Quoted(string? value) => value is null ? "not given" : $"'{value}'";
}
