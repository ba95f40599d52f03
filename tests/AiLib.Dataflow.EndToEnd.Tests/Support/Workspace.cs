using System.Globalization;
using System.Text.Json;

namespace AiLib.Dataflow.EndToEnd.Tests.Support;

/// <summary>A directory of the test's own with an input file, and what the tool wrote beside it.</summary>
internal sealed class Workspace : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ailib-e2e-").FullName;

    public string Input => this["in.jsonl"];

    public string Results => this["in.results.jsonl"];

    public string Errors => this["in.errors.jsonl"];

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>An input of so many requests.</summary>
    public static Workspace With(int requests)
    {
        Workspace workspace = new();
        File.WriteAllText(workspace.Input, string.Concat(Enumerable.Range(1, requests).Select(Line)));
        return workspace;
    }

    /// <summary>The names <c>r1</c>, <c>r2</c> … in the order of <see cref="Ids"/>.</summary>
    public static string[] Names(int count) => [.. Enumerable.Range(1, count).Select(Name).Order(StringComparer.Ordinal)];

    /// <summary>Every <c>custom_id</c> in a file of whole JSON lines, sorted, none taken away; none when there is no file.</summary>
    public static string[] Ids(string path) => File.Exists(path)
        ? [.. File.ReadAllLines(path).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("custom_id").GetString()!).Order(StringComparer.Ordinal)]
        : [];

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"r{number}");

    private static string Line(int number) =>
        """{"custom_id":"NAME","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Question NAME"}],"max_tokens":16}}"""
            .Replace("NAME", Name(number), StringComparison.Ordinal) + "\n";
}
