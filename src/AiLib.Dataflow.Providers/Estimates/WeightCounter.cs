using System.Text.Json;

namespace AiLib.Dataflow.Providers.Estimates;

/// <summary>Counts by <see cref="CharacterWeights"/>: a look into a table for each byte, and a search for runs of spaces.</summary>
/// <remarks>Escapes are read where they stand.</remarks>
internal struct WeightCounter : ITextCounter
{
    // "\u" and four digits.
    private const int EscapeLength = 6;

    private long _weight;

    /// <inheritdoc/>
    public readonly long Tokens => (_weight + CharacterWeights.PerToken - 1) / CharacterWeights.PerToken;

    /// <inheritdoc/>
    public void Add(ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> text = reader.ValueSpan;
        if (reader.ValueIsEscaped)
        {
            AddEscaped(text);
            return;
        }

        AddPlain(text);
    }

    private void AddPlain(ReadOnlySpan<byte> text)
    {
        byte[] weights = CharacterWeights.ByFirstByte;
        long sum = 0;
        foreach (byte first in text)
        {
            sum += weights[first];
        }

        _weight += sum - ((long)text.Count("  "u8) * CharacterWeights.PairOfSpaces);
    }

    /// <summary>Some writers escape all that is not ASCII; six letters for a Chinese character would count double.</summary>
    private void AddEscaped(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            int plain = text.IndexOf((byte)'\\');
            if (plain < 0 || plain == text.Length - 1)
            {
                AddPlain(text);
                return;
            }

            AddPlain(text[..plain]);
            text = text[plain..];
            bool isUnit = text[1] == 'u' && text.Length >= EscapeLength;
            _weight += isUnit ? CharacterWeights.OfCodeUnit(Hexadecimal(text[2..EscapeLength])) : OfShortEscape(text[1]);
            text = text[(isUnit ? EscapeLength : 2)..];
        }
    }

    // The reader has seen that they are hexadecimal digits.
    private static int Hexadecimal(ReadOnlySpan<byte> digits)
    {
        int value = 0;
        foreach (byte digit in digits)
        {
            value = (value << 4) | ((digit & 0xF) + (digit > '9' ? 9 : 0));
        }

        return value;
    }

    private static int OfShortEscape(byte letter) => CharacterWeights.ByFirstByte[letter is (byte)'n' or (byte)'r' ? '\n' : '"'];
}
