using System.Text.Json;
using AiLib.Dataflow.Simulator.Timing;

namespace AiLib.Dataflow.Simulator.Control;

/// <summary>Applies a JSON object to the options; what it does not mention stays as it is.</summary>
internal static class SettingsReader
{
    /// <summary>Throws when the body is not an object.</summary>
    /// <exception cref="FormatException">The message says what was expected.</exception>
    public static void Check(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"The body must be a JSON object with some of: {SettingNames.Changeable}.");
        }
    }

    /// <summary>Changes the options.</summary>
    /// <exception cref="FormatException">A name is unknown or a value has the wrong type; the message says which.</exception>
    public static void Apply(JsonElement body, SimulatorOptions options)
    {
        foreach (JsonProperty property in body.EnumerateObject())
        {
            Set(options, property.Name, property.Value);
        }
    }

    private static void Set(SimulatorOptions options, string name, JsonElement value)
    {
        switch (name)
        {
            case SettingNames.RequestsPerMinute:
                options.RequestsPerMinute = value.ValueKind == JsonValueKind.Null ? null : Integer(name, value);
                break;
            case SettingNames.TokensPerMinute:
                options.TokensPerMinute = value.ValueKind == JsonValueKind.Null ? null : Integer(name, value);
                break;
            case SettingNames.InputTokensPerMinute:
                options.InputTokensPerMinute = value.ValueKind == JsonValueKind.Null ? null : Integer(name, value);
                break;
            case SettingNames.OutputTokensPerMinute:
                options.OutputTokensPerMinute = value.ValueKind == JsonValueKind.Null ? null : Integer(name, value);
                break;
            case SettingNames.RequestsPerDay:
                options.RequestsPerDay = value.ValueKind == JsonValueKind.Null ? null : Integer(name, value);
                break;
            case SettingNames.TokensPerDay:
                options.TokensPerDay = value.ValueKind == JsonValueKind.Null ? null : Integer(name, value);
                break;
            case SettingNames.MaxConcurrent:
                options.MaxConcurrent = Integer(name, value);
                break;
            case SettingNames.LimitKind:
                options.LimitKind = Kind(name, value);
                break;
            case SettingNames.Burst:
                options.Burst = Duration(name, value);
                break;
            case SettingNames.TimeToFirstToken:
                options.TimeToFirstToken = Duration(name, value);
                break;
            case SettingNames.TimePerToken:
                options.TimePerToken = Duration(name, value);
                break;
            case SettingNames.Jitter:
                options.Jitter = Number(name, value);
                break;
            case SettingNames.AnswerTokens:
                options.AnswerTokens = Integer(name, value);
                break;
            case SettingNames.Faults:
                options.Faults = FaultRates.Parse(String(name, value, "a text such as \"429=0.1,500=0.05\""));
                break;
            case SettingNames.RetryAfter:
                options.RetryAfter = Duration(name, value);
                break;
            default:
                throw new FormatException($"Unknown or fixed setting \"{name}\". Settings that can be changed: {SettingNames.Changeable}.");
        }
    }

    private static int Integer(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Wrong(name, value, "a whole number");

    private static double Number(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? number : throw Wrong(name, value, "a number");

    private static string String(string name, JsonElement value, string expected) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(name, value, expected);

    private static TimeSpan Duration(string name, JsonElement value)
    {
        const string expected = "a duration such as \"250ms\" or \"1.5s\"";
        return GoDuration.TryParse(String(name, value, expected), out TimeSpan duration) ? duration : throw Wrong(name, value, expected);
    }

    private static LimitKind Kind(string name, JsonElement value)
    {
        string expected = $"one of {LimitKindNames.All}";
        return LimitKindNames.TryFind(String(name, value, expected), out LimitKind kind) ? kind : throw Wrong(name, value, expected);
    }

    private static FormatException Wrong(string name, JsonElement value, string expected) =>
        new($"The setting \"{name}\" is {value.GetRawText()}; it must be {expected}.");
}
