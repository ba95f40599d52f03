using System.Text;

namespace AiLib.Dataflow.Batch.Input.Rows;

/// <summary>A text with the names of columns in braces.</summary>
/// <remarks>Immutable. A value is put in as it stands: braces in it are text.</remarks>
internal sealed class PromptTemplate
{
    private readonly Part[] _parts;

    private PromptTemplate(Part[] parts)
    {
        _parts = parts;
        Columns = [.. parts.Where(part => part.IsColumn).Select(part => part.Text).Distinct(StringComparer.Ordinal)];
    }

    private readonly record struct Part(string Text, bool IsColumn);

    /// <summary>The columns that are named, each once.</summary>
    public string[] Columns { get; }

    /// <summary>Reads a template. Doubled braces stand for themselves.</summary>
    /// <exception cref="ConfigurationException">A brace is not closed, was not opened, or holds no name.</exception>
    public static PromptTemplate Parse(string text)
    {
        List<Part> parts = [];
        StringBuilder plain = new();
        for (int at = 0; at < text.Length; at++)
        {
            char letter = text[at];
            bool isDoubled = letter is '{' or '}' && at + 1 < text.Length && text[at + 1] == letter;
            if (letter is not ('{' or '}') || isDoubled)
            {
                plain.Append(letter);
                at += isDoubled ? 1 : 0;
                continue;
            }

            int close = letter == '{' ? text.IndexOfAny(['{', '}'], at + 1) : -1;
            if (close <= at + 1 || text[close] != '}')
            {
                throw new ConfigurationException([FormattableString.Invariant(
                    $"The prompt has a brace at character {at + 1} that is not the name of a column: write {{name}}, and {{{{ or }}}} for the brace itself.")]);
            }

            parts.Add(new Part(plain.ToString(), IsColumn: false));
            parts.Add(new Part(text[(at + 1)..close], IsColumn: true));
            plain.Clear();
            at = close;
        }

        parts.Add(new Part(plain.ToString(), IsColumn: false));
        return new PromptTemplate([.. parts.Where(part => part.Text.Length > 0)]);
    }

    /// <summary>The text with the values in place of the names.</summary>
    /// <param name="valueOf">Gives the value of a column.</param>
    public string Fill(Func<string, string> valueOf) => string.Concat(_parts.Select(part => part.IsColumn ? valueOf(part.Text) : part.Text));
}
