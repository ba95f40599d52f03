using System.Text.Json;
using System.Text.Json.Serialization;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Recording;

/// <summary>Points as one list of numbers for each thing counted: a fraction of the size of an object for each point, and what a plotting program wants.</summary>
internal sealed class RunPointsConverter : JsonConverter<IReadOnlyList<RunPoint>>
{
    private const string Cost = "cost_usd";
    private const int Digits = 3;
    private const int CostDigits = 9;
    private const double MostSeconds = 1e9;

    // The names are the format; order does not matter, and a name that is not known is passed over.
    private static readonly (string Name, Func<RunPoint, double?> Get, Func<RunPoint, double?, RunPoint> With)[] Columns =
    [
        .. Enum.GetValues<Constraint>().Select(Bound),
        ("end_seconds", point => point.End, (point, value) => point with { End = value ?? 0 }),
        ("seconds", point => point.Seconds, (point, value) => point with { Seconds = value ?? 0 }),
        ("answered", point => point.Answered, (point, value) => point with { Answered = Whole(value) }),
        ("failed", point => point.Failed, (point, value) => point with { Failed = Whole(value) }),
        ("attempts", point => point.Attempts, (point, value) => point with { Attempts = Whole(value) }),
        ("retries", point => point.Retries, (point, value) => point with { Retries = Whole(value) }),
        ("redirects", point => point.Redirects, (point, value) => point with { Redirects = Whole(value) }),
        ("throttled", point => point.Throttled, (point, value) => point with { Throttled = Whole(value) }),
        ("input_tokens", point => point.InputTokens, (point, value) => point with { InputTokens = Whole(value) }),
        (Cost, point => point.CostUsd, (point, value) => point with { CostUsd = value ?? 0 }),
        ("output_tokens", point => point.OutputTokens, (point, value) => point with { OutputTokens = Whole(value) }),
        ("waiting", point => point.Stages.Waiting, (point, value) => point with { Stages = point.Stages with { Waiting = value ?? 0 } }),
        ("in_flight", point => point.Stages.InFlight, (point, value) => point with { Stages = point.Stages with { InFlight = value ?? 0 } }),
        ("delayed", point => point.Stages.Delayed, (point, value) => point with { Stages = point.Stages with { Delayed = value ?? 0 } }),
        ("settling", point => point.Stages.Settling, (point, value) => point with { Stages = point.Stages with { Settling = value ?? 0 } }),
        ("limit", point => point.Limit, (point, value) => point with { Limit = value ?? 0 }),
        ("p50_ms", point => point.P50, (point, value) => point with { P50 = value }),
        ("p90_ms", point => point.P90, (point, value) => point with { P90 = value }),
        ("p99_ms", point => point.P99, (point, value) => point with { P99 = value }),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<RunPoint> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Dictionary<string, double?[]> columns = JsonSerializer.Deserialize<Dictionary<string, double?[]>>(ref reader, options) ?? [];
        RunPoint[] points = new RunPoint[columns.Count == 0 ? 0 : columns.Values.Min(column => column.Length)];
        foreach ((string name, _, Func<RunPoint, double?, RunPoint> with) in Columns)
        {
            for (int index = 0; index < points.Length && columns.TryGetValue(name, out double?[]? column); index++)
            {
                points[index] = with(points[index], column[index]);
            }
        }

        return points;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IReadOnlyList<RunPoint> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach ((string name, Func<RunPoint, double?> get, _) in Columns)
        {
            if (IsLeftOut(name, value, get))
            {
                continue;
            }

            writer.WriteStartArray(name);
            foreach (RunPoint point in value)
            {
                if (get(point) is { } number && double.IsFinite(number))
                {
                    writer.WriteNumberValue(Math.Round(number, name == Cost ? CostDigits : Digits));
                }
                else
                {
                    writer.WriteNullValue();
                }
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static (string, Func<RunPoint, double?>, Func<RunPoint, double?, RunPoint>) Bound(Constraint constraint) =>
    (
        "bound_" + constraint.ToText(),
        point => point.Constraints[constraint].TotalSeconds,
        (point, value) => point with
        {
            Constraints = point.Constraints.Plus(new ConstraintTimes(other => other == constraint ? TimeSpan.FromSeconds(Math.Clamp(value ?? 0, 0, MostSeconds)) : TimeSpan.Zero)),
        });

    // What never bound, and what had no price, is in most records, and missing is read as zero.
    private static bool IsLeftOut(string name, IReadOnlyList<RunPoint> points, Func<RunPoint, double?> get) =>
        (name == Cost || name.StartsWith("bound_", StringComparison.Ordinal)) && points.All(point => get(point) is null or 0);

    // A number beyond what can be counted is nobody's count.
    private static long Whole(double? value) => value is >= 0 and < 1e18 and { } number ? (long)number : 0;
}
