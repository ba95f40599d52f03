using System.Text;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.EndToEnd.Tests;

/// <summary>What others wrote must not reach a terminal as anything but text: S-13 of docs/security.md.</summary>
public sealed class TerminalCorpusTests
{
    // What a terminal obeys, does not show, or shows elsewhere than it stands. Written down here once more, not asked of the code under test.
    private static readonly (int From, int To)[] Forbidden =
    [
        (0x00, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x180E, 0x180E), (0x200B, 0x200F), (0x2028, 0x202E),
        (0x2060, 0x206F), (0x3164, 0x3164), (0xD800, 0xDFFF), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB), (0xE0000, 0xE007F),
        (0xE0100, 0xE01EF), (0xF0000, 0x10FFFF),
    ];

    private static readonly string[] Sequences =
    [
        // Clipboard, links, titles, colours and files by OSC, ended by BEL, by ST and not at all.
        "\e]52;c;cm0gLXJmIH4=\a", "\e]52;c;cm0gLXJmIH4=\e\\", "\e]52;p;?\a", "\e]52;;!\a", "\e]8;;http://evil.example/\e\\click\e]8;;\e\\", "\e]8;;file:///etc/passwd\a here",
        "\e]0;title\a", "\e]1;icon\a", "\e]2;title\e\\", "\e]2;unended", "\e]4;1;rgb:00/00/00\a", "\e]7;file://evil/\a", "\e]9;notify\a", "\e]10;?\a", "\e]11;#000000\a",
        "\e]50;font\a", "\e]66;s=7;BIG\a", "\e]104\a", "\e]133;C\a", "\e]777;notify;a;b\a", "\e]1337;File=name=YQ==;inline=1:AAAA\a", "\e]1337;CopyToClipboard=\a",
        // Device control, privacy messages, application commands.
        "\eP$q\"p\e\\", "\eP+q544e\e\\", "\ePq#0;2;0;0;0~\e\\", "\eP1000p", "\e_Gf=24;AAAA\e\\", "\e^secret\e\\", "\eXstart\e\\",
        // Cursor, erasure, modes, reports, colours by CSI.
        "\e[2J", "\e[3J", "\e[H", "\e[1;1H", "\e[10A", "\e[999D", "\e[K", "\e[1K", "\e[2K", "\e[1M", "\e[1L", "\e[1S", "\e[1T", "\e[s", "\e[u", "\e[?25l", "\e[?1049h", "\e[?2004h", "\e[?1000h",
        "\e[?1006h", "\e[?5h", "\e[?69h", "\e[5n", "\e[6n", "\e[c", "\e[>c", "\e[=c", "\e[x", "\e[21t", "\e[20t", "\e[8;1;1t", "\e[4i", "\e[5i", "\e[0m", "\e[8m", "\e[31;47m",
        "\e[38;2;0;0;0m", "\e[7m", "\e[5m", "\e[!p", "\e[1;5r", "\e[4h", "\e[20h", "\e[1$r", "\e[0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0m", "\e[99999999999999999999A", "\e[\e[\e[2J",
        // Shorter ones.
        "\ec", "\e7", "\e8", "\eD", "\eE", "\eM", "\eH", "\eN", "\eO", "\e=", "\e>", "\e#8", "\e(0", "\e)B", "\e%@", "\e%G", "\e Z", "\e", "\e\e", "\e\0",
        // C1, as code points of their own.
        "\u009B2J", "\u009B31m", "\u009D0;title\u009C", "\u009D52;c;YQ==\u009C", "\u0090q\u009C", "\u009Fapc\u009C", "\u009Epm\u009C", "\u0098sos\u009C", "\u0084\u0085\u0088\u008D",
        "\u008E\u008F", "\u009A", "\u0085next",
        // Overwriting.
        "OK\rfailed", "safe\b\b\b\bevil", "a\vb", "a\fb", "\a\a\a", "\r\n\r\n", "password:\0\0\0", "x\u007F\u007F", "\t\t", "100%\r  0%", "\u000E\u000F", "a\u0004", "\u001A", "\u0013\u0011",
        // Reading order and what is not seen.
        "\u202Egnp.exe", "\u202Aa\u202C", "\u202Bb\u202C", "\u202Dc\u202C", "\u2066d\u2069", "\u2067e\u2069", "\u2068f\u2069", "\u200Eg", "\u200Fh", "\u061Ci", "user\u2066 // admin\u2069",
        "pay\u200Bpal", "a\u200Cb", "a\u200Db", "\uFEFFbom", "a\u2060b", "a\u2061b\u2064", "a\u00ADb", "a\u034Fb", "a\u180Eb", "a\u115Fb", "a\u1160b", "a\u3164b", "a\uFFA0b", "a\uFE0Fb",
        "a\u2028b", "a\u2029b", "\uFFF9a\uFFFAb\uFFFB", "a\U000E0041\U000E0042", "a\U000E0100", "a\U000E01EF", "\U000F0000", "\uE000",
        // Halves and things that are no characters.
        "\ud800", "\udc00", "\ud83d", "\ude00\ud83d", "a\uFFFE", "a\uFFFF", "\U0001FFFE", "\ud800\e[2J", "\e\udc00[2J", "\ud83d\u009B2J",
    ];

    [Fact]
    public void The_corpus_is_large_enough_to_mean_something() => Assert.True(Corpus().Distinct(StringComparer.Ordinal).Count() >= 200);

    [Fact]
    public void Nothing_of_the_corpus_reaches_a_terminal_but_as_text()
    {
        foreach (string text in Corpus())
        {
            AssertIsText(text, SafeText.Of(text), "");
            AssertIsText(text, SafeText.OfLines(text), "\n\t");
            AssertIsText(text, ThroughTheWriter(text), "\n\t");
        }
    }

    [Fact]
    public void A_million_random_texts_of_harmful_pieces_come_out_as_text()
    {
        const int Texts = 1_000_000;
        Random random = new(20261125);
        Span<char> text = stackalloc char[12];
        for (int number = 0; number < Texts; number++)
        {
            int length = random.Next(1, text.Length + 1);
            for (int index = 0; index < length; index++)
            {
                text[index] = Draw(random);
            }

            string drawn = new(text[..length]);
            AssertIsText(drawn, SafeText.Of(drawn), "");
        }
    }

    [Fact]
    public void What_a_reader_can_see_stays_as_it_is()
    {
        const string Text = "Grüße, 東京, עברית, हिन्दी, 😀, ½ × √2 → ∞ “quoted” C:\\x1B a\u0301";

        Assert.Equal(Text, SafeText.Of(Text));
    }

    private static IEnumerable<string> Corpus() =>
        Sequences.SelectMany(static sequence => new[] { sequence, $"before {sequence} after", sequence + sequence, $"東{sequence}京" });

    private static char Draw(Random random) => random.Next(10) switch
    {
        0 or 1 => (char)random.Next(0x20),
        2 => (char)random.Next(0x7F, 0xA1),
        3 => "\e[]P\\;?mJH0"[random.Next(11)],
        4 => (char)random.Next(0x2000, 0x2070),
        5 => (char)random.Next(0xD800, 0xE000),
        6 => (char)random.Next(0xFE00, 0x10000),
        7 => (char)random.Next(0x10000),
        _ => (char)random.Next(0x20, 0x7F),
    };

    private static string ThroughTheWriter(string text)
    {
        using MemoryStream bytes = new();
        using (SafeTextWriter writer = new(new StreamWriter(bytes, new UTF8Encoding(false), leaveOpen: true) { AutoFlush = true, NewLine = "\n" }))
        {
            // In every way that a text can be given to a writer.
            writer.Write(text);
            writer.WriteLine(text);
            writer.Write(text.ToCharArray());
            foreach (char piece in text)
            {
                writer.Write(piece);
            }

            writer.Write("{0}", text);
            writer.Write(text.AsSpan());
        }

        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.ToArray());
    }

    private static void AssertIsText(string from, string safe, string alsoAllowed)
    {
        int index = 0;
        while (index < safe.Length)
        {
            int value = Rune.TryGetRuneAt(safe, index, out Rune rune) ? rune.Value : safe[index];
            index += value > 0xFFFF ? 2 : 1;
            foreach ((int first, int last) in Forbidden)
            {
                if (value >= first && value <= last && !(value < 0x80 && alsoAllowed.Contains((char)value, StringComparison.Ordinal)))
                {
                    Assert.Fail($"U+{value:X4} got through from {Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(from))}");
                }
            }
        }
    }
}
