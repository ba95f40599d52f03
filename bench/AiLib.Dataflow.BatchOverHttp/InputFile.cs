using System.Globalization;

namespace AiLib.Dataflow.BatchOverHttp;

/// <summary>Requests as batches have them: an instruction, a question, and a number that makes each body a different one.</summary>
internal static class InputFile
{
    private const string Instruction = "You answer in one short sentence, in plain words, and you say so when you do not know.";

    private static readonly string[] Questions =
    [
        "What is the capital of Portugal?",
        "Name three uses of a paper clip besides holding paper.",
        "Why is the sky blue? Answer in one sentence.",
        "Translate 'good morning' into Finnish.",
    ];

    /// <summary>Writes the file.</summary>
    public static async Task WriteAsync(string path, int lines)
    {
        StreamWriter file = new(path);
        await using (file.ConfigureAwait(false))
        {
            for (int line = 0; line < lines; line++)
            {
                string body = $$"""
                    {"model":"gpt-4o-mini","messages":[{"role":"system","content":"{{Instruction}} This is number {{line:D6}}."},{"role":"user","content":"{{Questions[line % Questions.Length]}}"}],"max_tokens":64}
                    """;
                await file.WriteAsync($"{{\"custom_id\":\"{IdOf(line)}\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{body}}}\n").ConfigureAwait(false);
            }
        }
    }

    /// <summary>The id of a line, counted from 0.</summary>
    public static string IdOf(int line) => string.Create(CultureInfo.InvariantCulture, $"row-{line:D6}");

    /// <summary>Where the bodies of a file stand.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> BodiesOf(ReadOnlyMemory<byte> file)
    {
        List<ReadOnlyMemory<byte>> bodies = [];
        while (!file.IsEmpty)
        {
            int end = file.Span.IndexOf((byte)'\n');
            int start = file.Span.IndexOf("\"body\":"u8) + "\"body\":".Length;

            // Less the brace that closes the line.
            bodies.Add(file[start..(end - 1)]);
            file = file[(end + 1)..];
        }

        return bodies;
    }
}
