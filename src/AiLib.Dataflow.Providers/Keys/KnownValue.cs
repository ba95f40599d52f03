using System.Globalization;
using System.Text;

namespace AiLib.Dataflow.Providers.Keys;

/// <summary>A key that may turn up in text, in any of the ways in which software writes it down.</summary>
/// <remarks>Finds it as it is, URL-encoded, JSON-escaped (also mixed, character by character), and inside base64 at any offset. Immutable.</remarks>
internal sealed class KnownValue
{
    /// <summary>Shorter values are words of ordinary text; taking them out would only damage it.</summary>
    public const int MinLength = 8;

    private const string Mask = "***";

    private readonly string _value;
    private readonly string[] _base64;

    /// <summary>Prepares the search.</summary>
    /// <param name="value">The key, at least <see cref="MinLength"/> characters.</param>
    public KnownValue(string value)
    {
        _value = value;
        _base64 = [.. Base64Forms(value).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The text with the key replaced by <c>***</c>; the same object when it is not there.</summary>
    public string Remove(string text)
    {
        text = text.Replace(_value, Mask, StringComparison.Ordinal);
        foreach (string form in _base64)
        {
            text = text.Replace(form, Mask, StringComparison.Ordinal);
        }

        return RemoveEscaped(text);
    }

    private string RemoveEscaped(string text)
    {
        StringBuilder? cleaned = null;
        int copied = 0;
        int at = 0;
        while (NextCandidate(text, at) is var start and >= 0)
        {
            int end = MatchEscaped(text, start);
            if (end < 0)
            {
                at = start + 1;
                continue;
            }

            cleaned ??= new StringBuilder(text.Length);
            cleaned.Append(text, copied, start - copied).Append(Mask);
            copied = at = end;
        }

        return cleaned is null ? text : cleaned.Append(text, copied, text.Length - copied).ToString();
    }

    private int NextCandidate(string text, int from)
    {
        int found = text.AsSpan(from).IndexOfAny(_value[0], '%', '\\');
        return found < 0 ? -1 : from + found;
    }

    /// <summary>Where the key that begins at the given place ends, each of its characters plain or escaped; -1 when it is not there.</summary>
    private int MatchEscaped(ReadOnlySpan<char> text, int at)
    {
        foreach (char c in _value)
        {
            ReadOnlySpan<char> rest = text[at..];
            if (rest is ['%', _, _, ..] && IsHex(rest.Slice(1, 2), c))
            {
                at += 3;
            }
            else if (rest is ['\\', 'u', _, _, _, _, ..] && IsHex(rest.Slice(2, 4), c))
            {
                at += 6;
            }
            else if (rest is ['\\', var escaped, ..] && escaped == c)
            {
                at += 2;
            }
            else if (!rest.IsEmpty && rest[0] == c)
            {
                at++;
            }
            else
            {
                return -1;
            }
        }

        return at;
    }

    private static bool IsHex(ReadOnlySpan<char> digits, char c) =>
        ushort.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort value) && value == c;

    /// <summary>The characters of a base64 text that depend on the key alone, for each of the three offsets at which it may begin.</summary>
    private static IEnumerable<string> Base64Forms(string value)
    {
        yield return Convert.ToBase64String(Encoding.ASCII.GetBytes(value));
        for (int offset = 0; offset < 3; offset++)
        {
            byte[] bytes = [.. new byte[offset], .. Encoding.ASCII.GetBytes(value)];

            // Six bits per character: those that share bits with what comes before or after are left out.
            int first = ((offset * 8) + 5) / 6;
            int end = bytes.Length * 8 / 6;
            string form = Convert.ToBase64String(bytes)[first..end];
            yield return form;
            yield return form.Replace('+', '-').Replace('/', '_');
        }
    }
}
