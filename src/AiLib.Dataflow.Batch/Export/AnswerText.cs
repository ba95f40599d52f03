using System.Text;
using System.Text.Json;

namespace AiLib.Dataflow.Batch.Export;

/// <summary>Finds the text that a model answered, in the body of any kind of answer.</summary>
internal static class AnswerText
{
    /// <summary>The text of the first choice; null when the answer has none, such as an embedding.</summary>
    public static string? Of(JsonElement body)
    {
        // Chat completions and completions.
        if (First(ResultRowReader.Member(body, "choices")) is { } choice)
        {
            return ContentOf(ResultRowReader.Member(ResultRowReader.Member(choice, "message"), "content")) ?? ResultRowReader.Text(ResultRowReader.Member(choice, "text"));
        }

        // Responses: the parts of each message of the output.
        if (ResultRowReader.Member(body, "output") is { ValueKind: JsonValueKind.Array } output)
        {
            StringBuilder text = new();
            foreach (JsonElement item in output.EnumerateArray())
            {
                text.Append(ContentOf(ResultRowReader.Member(item, "content")));
            }

            return text.Length > 0 ? text.ToString() : null;
        }

        // Messages.
        return ContentOf(ResultRowReader.Member(body, "content"));
    }

    /// <summary>A text, or the texts of its parts.</summary>
    private static string? ContentOf(JsonElement content)
    {
        if (content.ValueKind != JsonValueKind.Array)
        {
            return ResultRowReader.Text(content);
        }

        StringBuilder text = new();
        foreach (JsonElement part in content.EnumerateArray())
        {
            text.Append(ResultRowReader.Text(ResultRowReader.Member(part, "text")));
        }

        return text.Length > 0 ? text.ToString() : null;
    }

    private static JsonElement? First(JsonElement list) => list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0 ? list[0] : null;
}
