namespace AiLib.Dataflow.Providers.Keys;

/// <summary>What may be a key.</summary>
internal static class KeyText
{
    /// <summary>The rights a key file should not give.</summary>
    public const UnixFileMode ReadableByOthers = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Refuses a value that must not enter a header.</summary>
    /// <exception cref="ArgumentException">Names the source and the kind of the fault, never the value or a part of it.</exception>
    public static void Check(string value, int maxLength, string source)
    {
        if (value.Length == 0)
        {
            throw new ArgumentException($"{source} is empty.", nameof(value));
        }

        if (value.Length > maxLength)
        {
            throw new ArgumentException($"{source} is longer than {maxLength} characters, so it cannot be a key.", nameof(value));
        }

        foreach (char c in value)
        {
            if (c is < '!' or > '~')
            {
                throw new ArgumentException($"{source} contains {Describe(c)}, which a key never does. Look for a stray line end or quote.", nameof(value));
            }
        }
    }

    /// <summary>Without the one line end that an editor adds.</summary>
    public static string WithoutLineEnd(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;

    private static string Describe(char c) => c switch
    {
        '\r' => "a carriage return",
        '\n' => "a line feed",
        '\0' => "a NUL",
        ' ' => "a space",
        < ' ' or '\u007F' => "a control character",
        _ => "a character that is not ASCII",
    };
}
