namespace AiLib.Dataflow.Providers.Estimates;

/// <summary>What a character weighs in tokens, told from the first byte of its UTF-8; the bytes that follow weigh nothing.</summary>
/// <remarks>
/// Close to a least-squares fit of o200k_base's counts over some 37,000 texts (the messages of the .NET SDK in 14 languages, C# sources, Markdown, licences,
/// GSM8K questions, rows of numbers), rounded. An English word of five letters and its space come to 1.25 tokens. Greek, Arabic, Hebrew, Hindi and Thai are set by
/// sentences written for it, at 0.3 to 0.4 tokens a character. Another vocabulary counts differently: that is what <see cref="EstimateCorrection"/> is for.
/// </remarks>
internal static class CharacterWeights
{
    /// <summary>The unit is one token by this.</summary>
    public const int PerToken = 32;

    /// <summary>What two spaces in a row weigh less than one and one: indentation of any depth is about one token.</summary>
    public const int PairOfSpaces = 22;

    /// <summary>By byte: the weight of the character that it begins.</summary>
    public static readonly byte[] ByFirstByte = Create();

    /// <summary>The weight of a UTF-16 code unit, as JSON escapes write them. The first half of a pair has the weight of both.</summary>
    public static int OfCodeUnit(int unit) => unit switch
    {
        < 0x80 => ByFirstByte[unit],
        < 0x800 => ByFirstByte[0xC0 | (unit >> 6)],
        >= 0xD800 and < 0xDC00 => ByFirstByte[0xF0],
        >= 0xDC00 and < 0xE000 => 0,
        _ => ByFirstByte[0xE0 | (unit >> 12)],
    };

    private static byte[] Create()
    {
        var weights = new byte[256];
        for (int first = 0; first < weights.Length; first++)
        {
            weights[first] = Of(first);
        }

        return weights;
    }

    private static byte Of(int first) => first switch
    {
        >= 'a' and <= 'z' => 5,
        >= 'A' and <= 'Z' => 10,
        // Up to three make a token, but most numbers are shorter.
        >= '0' and <= '9' => 22,
        ' ' => 15,
        < ' ' => 8,
        < 0x80 => 13,
        // The bytes that follow.
        < 0xC0 => 0,
        // Accented Latin, up to the combining marks: they break words into pieces.
        < 0xCE => 28,
        // Greek.
        < 0xD0 => 10,
        // Cyrillic.
        < 0xD5 => 6,
        // Hebrew, Arabic and their neighbours; Indic scripts, Thai.
        < 0xE2 => 10,
        // Typographic punctuation and symbols.
        0xE2 => 32,
        // Kana and Han.
        < 0xEA => 24,
        // Hangul.
        < 0xEE => 20,
        // Full-width forms.
        < 0xF0 => 32,
        // Emoji and what is rare.
        _ => 60,
    };
}
