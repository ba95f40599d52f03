using System.Text.Json;

namespace AiLib.Dataflow.BatchOverHttp;

/// <summary>Looks whether a run did what it is for.</summary>
internal static class ResultCheck
{
    /// <summary>Every request has one answer, and there is no other line.</summary>
    /// <exception cref="InvalidOperationException">It has not.</exception>
    public static void EachOnce(string results, string errors, int lines)
    {
        HashSet<string> ids = new(lines, StringComparer.Ordinal);
        foreach (string line in File.ReadLines(results))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            if (root.GetProperty("response").GetProperty("status_code").GetInt32() != 200 || !ids.Add(root.GetProperty("custom_id").GetString()!))
            {
                throw new InvalidOperationException($"A line that should not be there: {line}");
            }
        }

        if (File.Exists(errors) || ids.Count != lines || Enumerable.Range(0, lines).Any(line => !ids.Contains(InputFile.IdOf(line))))
        {
            throw new InvalidOperationException($"{ids.Count} of {lines} requests have an answer{(File.Exists(errors) ? ", and there are errors" : "")}.");
        }
    }
}
