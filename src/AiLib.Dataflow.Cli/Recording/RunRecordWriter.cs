using System.Text.Json;

namespace AiLib.Dataflow.Cli.Recording;

/// <summary>Writes runs as JSON. By hand: every run ends with it, and a serializer that looks at types first would make each run a fifth of a second longer.</summary>
internal static class RunRecordWriter
{
    private static readonly RunPointsConverter Points = new();
    private static readonly ConstraintTimesConverter Constraints = new();

    /// <summary>Writes one run. The names are those that a serializer in snake case reads.</summary>
    public static void Write(Utf8JsonWriter json, RunRecord run, JsonSerializerOptions options)
    {
        json.WriteStartObject();
        json.WriteString("began", run.Began);
        json.WriteNumber("seconds", run.Seconds);
        json.WriteString("end", run.End);
        json.WriteString("reason", run.Reason);
        json.WriteString("input", run.Input);
        json.WriteString("results", run.Results);
        json.WriteString("errors", run.Errors);
        json.WriteBoolean("fresh", run.Fresh);
        json.WriteNumber("answered", run.Answered);
        json.WriteNumber("failed", run.Failed);
        json.WriteNumber("bad_lines", run.BadLines);
        json.WriteNumber("already_done", run.AlreadyDone);
        json.WriteNumber("already_failed", run.AlreadyFailed);
        json.WriteNumber("input_tokens", run.InputTokens);
        json.WriteNumber("output_tokens", run.OutputTokens);
        json.WriteNumber("attempts", run.Attempts);
        json.WriteNumber("retries", run.Retries);
        json.WriteNumber("redirects", run.Redirects);
        Write(json, "elapsed", run.Elapsed);
        json.WriteStartObject("stages");
        json.WriteNumber("waiting", run.Stages.Waiting);
        json.WriteNumber("in_flight", run.Stages.InFlight);
        json.WriteNumber("delayed", run.Stages.Delayed);
        json.WriteNumber("settling", run.Stages.Settling);
        json.WriteEndObject();
        json.WritePropertyName("constraints");
        Constraints.Write(json, run.Constraints, options);
        if (run.Spend is { } spend)
        {
            Write(json, spend);
        }

        json.WriteStartArray("settings");
        foreach (SettingRecord setting in run.Settings)
        {
            json.WriteStartObject();
            json.WriteString("name", setting.Name);
            json.WriteString("value", setting.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("targets");
        foreach (TargetRecord target in run.Targets)
        {
            Write(json, target, options);
        }

        json.WriteEndArray();
        json.WritePropertyName("points");
        Points.Write(json, run.Points, options);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SpendRecord spend)
    {
        json.WriteStartObject("spend");
        json.WriteNumber("usd", spend.Usd);
        json.WriteNumber("before_usd", spend.BeforeUsd);
        json.WriteNumber("estimated_usd", spend.EstimatedUsd);
        json.WriteNumber("unknown_attempts", spend.UnknownAttempts);
        if (spend.ProjectedUsd is { } projected)
        {
            json.WriteNumber("projected_usd", projected);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TargetRecord target, JsonSerializerOptions options)
    {
        json.WriteStartObject();
        json.WriteString("target", target.Target);
        json.WriteString("circuit", target.Circuit);
        json.WriteNumber("attempts", target.Attempts);
        json.WriteNumber("retries", target.Retries);
        json.WriteNumber("redirected_away", target.RedirectedAway);
        json.WriteStartObject("outcomes");
        foreach ((string kind, long count) in target.Outcomes)
        {
            json.WriteNumber(kind, count);
        }

        json.WriteEndObject();
        Write(json, "latency", target.Latency);
        json.WritePropertyName("constraints");
        Constraints.Write(json, target.Constraints, options);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, LatencyRecord latency)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", latency.Count);
        json.WriteNumber("p50", latency.P50);
        json.WriteNumber("p90", latency.P90);
        json.WriteNumber("p99", latency.P99);
        json.WriteNumber("p999", latency.P999);
        json.WriteNumber("longest", latency.Longest);
        json.WriteEndObject();
    }
}
