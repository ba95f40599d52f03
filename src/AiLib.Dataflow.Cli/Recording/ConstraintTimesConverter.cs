using System.Text.Json;
using System.Text.Json.Serialization;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Recording;

/// <summary>Times of constraints as seconds by name; those that did not bind are left out.</summary>
internal sealed class ConstraintTimesConverter : JsonConverter<ConstraintTimes>
{
    private const int Digits = 3;

    // More is nobody's run.
    private const double MostSeconds = 1e9;

    /// <inheritdoc/>
    public override ConstraintTimes Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Dictionary<string, double> seconds = JsonSerializer.Deserialize<Dictionary<string, double>>(ref reader, options) ?? [];
        return new ConstraintTimes(constraint => TimeSpan.FromSeconds(Math.Clamp(seconds.GetValueOrDefault(constraint.ToText()), 0, MostSeconds)));
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ConstraintTimes value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (Constraint constraint in Enum.GetValues<Constraint>())
        {
            if (Math.Round(value[constraint].TotalSeconds, Digits) is > 0 and var seconds)
            {
                writer.WriteNumber(constraint.ToText(), seconds);
            }
        }

        writer.WriteEndObject();
    }
}
