using AiLib.Dataflow.Batch.Input;

namespace AiLib.Dataflow.Batch.Tests.Support;

/// <summary>Request lines.</summary>
internal static class Requests
{
    public static string Line(string customId) =>
        $$$"""{"custom_id":"{{{customId}}}","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"{{{customId}}}"}]}}""";

    public static string Lines(int count) => string.Concat(Enumerable.Range(1, count).Select(number => Line($"r{number}") + "\n"));

    public static BatchRequest Request(string customId) =>
        BatchLineParser.Parse(System.Text.Encoding.UTF8.GetBytes(Line(customId)), 1, url: null, out BatchRequest? request) is null ? request! : throw new InvalidOperationException();
}
