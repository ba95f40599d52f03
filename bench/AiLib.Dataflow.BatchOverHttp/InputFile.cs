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
    /// <param name="path">The file.</param>
    /// <param name="lines">How many requests.</param>
    /// <param name="lineBytes">How long each line is at least, its line feed included.</param>
    public static async Task WriteAsync(string path, int lines, int lineBytes)
    {
        string filler = new('x', lineBytes);
        StreamWriter file = new(path);
        await using (file.ConfigureAwait(false))
        {
            for (int line = 0; line < lines; line++)
            {
                string begin = $$"""
                    {"custom_id":"{{IdOf(line)}}","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini","messages":[{"role":"system","content":"{{Instruction}} This is number {{line:D6}}.
                    """;
                string end = $$$"""
                    "},{"role":"user","content":"{{{Questions[line % Questions.Length]}}}"}],"max_tokens":64}}
                    """;
                await file.WriteAsync(begin).ConfigureAwait(false);
                await file.WriteAsync(filler.AsMemory(0, Math.Max(0, lineBytes - begin.Length - end.Length - 1))).ConfigureAwait(false);
                await file.WriteAsync(end + "\n").ConfigureAwait(false);
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
