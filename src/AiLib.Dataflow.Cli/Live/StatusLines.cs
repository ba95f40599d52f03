using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.Cli.Live;

/// <summary>Puts parts and words on lines that are no wider than a terminal.</summary>
internal static class StatusLines
{
    private const string Between = " · ";
    private const string Indent = "  ";

    /// <summary>As many parts on a line as fit, a dot between them; parts that are null are left out.</summary>
    public static IEnumerable<IReadOnlyList<StatusPart>> Pack(int columns, params IEnumerable<StatusPart?> parts)
    {
        List<StatusPart> line = [];
        int width = 0;
        foreach (StatusPart part in parts.OfType<StatusPart>())
        {
            int own = DisplayWidth.Of(SafeText.Of(part.Text));
            if (line.Count > 0 && width + Between.Length + own > columns)
            {
                yield return line;
                line = [];
                width = 0;
            }

            if (line.Count > 0)
            {
                line.Add(new StatusPart(Between, StatusStyle.Dim));
                width += Between.Length;
            }

            line.Add(part);
            width += own;
        }

        if (line.Count > 0)
        {
            yield return line;
        }
    }

    /// <summary>Words behind a name, on as many lines as they take; those after the first are set in.</summary>
    public static IEnumerable<IReadOnlyList<StatusPart>> Wrap(int columns, string name, string text)
    {
        int room = columns - DisplayWidth.Of(name);
        List<StatusPart> line = [new StatusPart(name, StatusStyle.Dim)];
        string words = "";
        foreach (string word in SafeText.Of(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string longer = words.Length == 0 ? word : $"{words} {word}";
            if (words.Length > 0 && DisplayWidth.Of(longer) > room)
            {
                line.Add(new StatusPart(words));
                yield return line;
                line = [new StatusPart(Indent)];
                room = columns - Indent.Length;
                longer = word;
            }

            words = longer;
        }

        line.Add(new StatusPart(words));
        yield return line;
    }
}
