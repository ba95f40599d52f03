using System.Text;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.EndToEnd.Tests;

public sealed class SafeTextTests
{
    [Theory]
    [InlineData("plain, é, 日本, 😀", "plain, é, 日本, 😀")]
    [InlineData("\u001b]52;c;aGk=\u0007", "\\x1B]52;c;aGk=\\x07")]
    [InlineData("\u001b[2J\u009b2J", "\\x1B[2J\\x9B2J")]
    [InlineData("over\rwrite\nline\ttab\0", "over\\x0Dwrite\\x0Aline\\x09tab\\x00")]
    [InlineData("\u202Egnp.exe\u2066", "\\u{202E}gnp.exe\\u{2066}")]
    [InlineData("a\u200Bb\uFEFFc\u2028d", "a\\u{200B}b\\u{FEFF}c\\u{2028}d")]
    [InlineData("\u007F\u0085", "\\x7F\\x85")]
    [InlineData("\U000E0041", "\\u{E0041}")]
    public void What_a_terminal_would_obey_or_hide_is_written_out(string text, string expected) => Assert.Equal(expected, SafeText.Of(text));

    [Fact]
    public void No_code_point_gets_a_control_through()
    {
        for (int value = 0; value <= 0x10FFFF; value++)
        {
            string text = Rune.IsValid(value) ? new Rune(value).ToString() : ((char)value).ToString();
            string safe = SafeText.Of(text);

            bool isHarmful = value < 0x20 || value is >= 0x7F and <= 0x9F or >= 0x200B and <= 0x200F or >= 0x2028 and <= 0x202E or >= 0x2060 and <= 0x206F or 0xFEFF
                || !Rune.IsValid(value);
            Assert.True(!isHarmful || safe.StartsWith('\\'), $"U+{value:X4}");
        }
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_written_out() => Assert.Equal("a\\u{D800}b", SafeText.Of("a\ud800b"));
}
