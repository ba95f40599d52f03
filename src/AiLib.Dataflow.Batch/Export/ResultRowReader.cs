using System.Text.Json;

namespace AiLib.Dataflow.Batch.Export;

/// <summary>Reads a line of the results or the errors.</summary>
/// <remarks>Pure.</remarks>
internal static class ResultRowReader
{
    // As deep as a body may be, and what is around it.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 128 };

    /// <summary>The row of a line.</summary>
    /// <param name="line">One whole line of ours, without its line feed.</param>
    /// <exception cref="JsonException">It is not one.</exception>
    public static ResultRow Read(ReadOnlyMemory<byte> line)
    {
        using JsonDocument document = JsonDocument.Parse(line, Options);
        JsonElement root = document.RootElement;
        JsonElement response = Member(root, "response");
        JsonElement body = Member(response, "body");
        JsonElement facts = Member(root, "ailib");
        JsonElement error = Member(root, "error").ValueKind == JsonValueKind.Object ? Member(root, "error") : Member(body, "error");
        return new ResultRow
        {
            CustomId = Text(Member(root, "custom_id")),
            Status = (int?)Number(Member(response, "status_code")),
            Text = AnswerText.Of(body),
            Body = body.ValueKind == JsonValueKind.Undefined ? null : body.GetRawText(),
            ErrorCode = Text(Member(error, "code")) ?? Text(Member(error, "type")),
            ErrorMessage = Text(Member(error, "message")),
            Target = Text(Member(facts, "target")),
            RequestId = Text(Member(response, "request_id")) is { Length: > 0 } id ? id : null,
            Attempts = (int?)Number(Member(facts, "attempts")),
            LatencyMilliseconds = Number(Member(facts, "latency_ms")),
            InputTokens = Number(Member(facts, "input_tokens")),
            OutputTokens = Number(Member(facts, "output_tokens")),
            CostUsd = Member(facts, "cost_usd") is { ValueKind: JsonValueKind.Number } cost ? cost.GetDouble() : null,
        };
    }

    /// <summary>A member of an object; undefined when it is not there, or what is asked is no object.</summary>
    internal static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement member) ? member : default;

    /// <summary>The text of a string; null when it is none.</summary>
    internal static string? Text(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, which no text can hold: the text as it is written stands for it.
            return element.GetRawText();
        }
    }

    private static long? Number(JsonElement element) => element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out long number) ? number : null;
}
