using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AiLib.Dataflow.BatchOverHttp;

/// <summary>Writes requests and results of any number, each line as long as it is to be.</summary>
internal static class JobFile
{
    private const int BufferBytes = 1024 * 1024;

    /// <summary>Writes requests.</summary>
    /// <param name="path">The file.</param>
    /// <param name="count">How many.</param>
    /// <param name="requestBytes">How long each line is, its line feed included; 0 for as short as it gets.</param>
    public static void WriteRequests(string path, int count, int requestBytes) => Write(
        path,
        count,
        requestBytes,
        static id => $$$"""{"custom_id":"{{{id}}}","method":"POST","url":"/v1/chat/completions","body":{"model":"m","max_tokens":64,"messages":[{"role":"user","content":"{{{id}}}""",
        "\"}]}}\n");

    /// <summary>Writes results, as the tool does.</summary>
    public static void WriteResults(string path, int count, int resultBytes) => Write(
        path,
        count,
        resultBytes,
        static id =>
        {
            string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 16));
            return $$$"""{"id":"batch_req_{{{hash}}}","custom_id":"{{{id}}}","response":{"status_code":200,"request_id":"req_1","body":{"choices":[{"index":0,"message":{"role":"assistant","content":"{{{id}}} """;
        },
        "\"}}]}},\"error\":null}\n");

    private static void Write(string path, int count, int lineBytes, Func<string, string> begin, string end)
    {
        string filler = new('x', Math.Max(lineBytes, 1));
        using StreamWriter file = new(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferBytes);
        for (int line = 0; line < count; line++)
        {
            string text = begin(string.Create(CultureInfo.InvariantCulture, $"row-{line:D9}"));
            file.Write(text);
            file.Write(filler.AsSpan(0, Math.Max(0, lineBytes - text.Length - end.Length)));
            file.Write(end);
        }
    }
}
