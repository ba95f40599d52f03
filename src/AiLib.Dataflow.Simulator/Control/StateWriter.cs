using System.Text.Json;
using AiLib.Dataflow.Simulator.Faults;
using AiLib.Dataflow.Simulator.Timing;

namespace AiLib.Dataflow.Simulator.Control;

/// <summary>Writes settings, counts and arrivals as JSON. The key is never written.</summary>
internal static class StateWriter
{
    /// <summary>Writes settings and counts.</summary>
    public static void WriteState(Utf8JsonWriter json, SimulatorOptions options, in SimulatorCounts counts)
    {
        json.WriteStartObject();
        json.WriteStartObject("settings"u8);
        WriteSettings(json, options);
        json.WriteEndObject();
        json.WriteStartObject("counts"u8);
        json.WriteNumber("arrived"u8, counts.Arrived);
        json.WriteNumber("served"u8, counts.Served);
        json.WriteNumber("rateLimited"u8, counts.RateLimited);
        json.WriteNumber("faulted"u8, counts.Faulted);
        json.WriteNumber("rejected"u8, counts.Rejected);
        json.WriteNumber("abandoned"u8, counts.Abandoned);
        json.WriteNumber("inFlight"u8, counts.InFlight);
        json.WriteNumber("mostInFlight"u8, counts.MostInFlight);
        json.WriteNumber("promptTokens"u8, counts.PromptTokens);
        json.WriteNumber("completionTokens"u8, counts.CompletionTokens);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>Writes one arrival.</summary>
    public static void WriteArrival(Utf8JsonWriter json, in Arrival arrival)
    {
        json.WriteStartObject();
        json.WriteNumber("sequence"u8, arrival.Sequence);
        json.WriteNumber("atSeconds"u8, arrival.At.Ticks / (decimal)TimeSpan.TicksPerSecond);
        json.WriteString("path"u8, arrival.Path);
        json.WriteString("clientRequestId"u8, arrival.ClientRequestId);
        json.WriteString("fingerprint"u8, $"{arrival.Fingerprint:x16}");
        json.WriteNumber("attempt"u8, arrival.Attempt);
        json.WriteString("decision"u8, NameOf(arrival.Decision));
        json.WriteString("fault"u8, arrival.Fault is { } fault ? FaultNames.NameOf(fault) : null);
        json.WriteNumber("status"u8, arrival.Status);
        json.WriteNumber("promptTokens"u8, arrival.PromptTokens);
        json.WriteNumber("completionTokens"u8, arrival.CompletionTokens);
        json.WriteBoolean("streamed"u8, arrival.Streamed);
        json.WriteNumber("chargedTokens"u8, arrival.ChargedTokens);
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteSettings(Utf8JsonWriter json, SimulatorOptions options)
    {
        json.WriteNumber("seed"u8, options.Seed);
        WriteLimit(json, SettingNames.RequestsPerMinute, options.RequestsPerMinute);
        WriteLimit(json, SettingNames.TokensPerMinute, options.TokensPerMinute);
        WriteLimit(json, SettingNames.InputTokensPerMinute, options.InputTokensPerMinute);
        WriteLimit(json, SettingNames.OutputTokensPerMinute, options.OutputTokensPerMinute);
        WriteLimit(json, SettingNames.RequestsPerDay, options.RequestsPerDay);
        WriteLimit(json, SettingNames.TokensPerDay, options.TokensPerDay);
        json.WriteNumber(SettingNames.MaxConcurrent, options.MaxConcurrent);
        json.WriteString(SettingNames.LimitKind, LimitKindNames.NameOf(options.LimitKind));
        json.WriteString(SettingNames.Burst, GoDuration.Format(options.Burst));
        json.WriteString(SettingNames.TimeToFirstToken, GoDuration.Format(options.TimeToFirstToken));
        json.WriteString(SettingNames.TimePerToken, GoDuration.Format(options.TimePerToken));
        json.WriteNumber(SettingNames.Jitter, options.Jitter);
        json.WriteNumber(SettingNames.AnswerTokens, options.AnswerTokens);
        json.WriteString(SettingNames.Faults, options.Faults.ToString());
        json.WriteString(SettingNames.RetryAfter, GoDuration.Format(options.RetryAfter));
        json.WriteNumber("historyCapacity"u8, options.HistoryCapacity);
    }

    private static void WriteLimit(Utf8JsonWriter json, string name, long? limit)
    {
        if (limit is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static string NameOf(ArrivalDecision decision) => decision switch
    {
        ArrivalDecision.Served => "served",
        ArrivalDecision.RateLimited => "rate_limited",
        ArrivalDecision.Faulted => "faulted",
        _ => "rejected",
    };
}
