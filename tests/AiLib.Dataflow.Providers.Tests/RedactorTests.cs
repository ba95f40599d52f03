using System.Text;
using System.Text.Encodings.Web;

namespace AiLib.Dataflow.Providers.Tests;

public sealed class RedactorTests
{
    // Assembled from parts so that no scanner takes the tests for a leak.
    public static TheoryData<string> KeyFormats { get; } =
    [
        "sk-" + "abcdEFGH1234567890abcdEFGH1234567890abcdEFGH1234",
        "sk-proj-" + "Ab3_dEf-GhIjKlMnOpQrStUvWxYz0123456789T3BlbkFJ",
        "sk-svcacct-" + "Ab3dEfGhIjKlMnOpQrStUvWxYz0123456789",
        "sk-admin-" + "Ab3dEfGhIjKlMnOpQrStUvWxYz0123456789",
        "sk-ant-" + "api03-AbCdEf_GhIjKl-MnOpQrStUvWxYz0123456789AA",
        "sk-or-v1-" + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
        "hf_" + "abcdefghijklmnopqrstuvwxyzABCDEFGH",
        "gsk_" + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP",
        "0123456789abcdef" + "0123456789ABCDEF",
        "0123456789abcdef0123456789abcdef" + "0123456789abcdef0123456789abcdef",
        "xai-" + "abcdefghijklmnopqrstuvwxyz0123456789",
        "pplx-" + "abcdefghijklmnopqrstuvwxyz0123456789",
        "r8_" + "abcdefghijklmnopqrstuvwxyz0123456789",
        "csk-" + "abcdefghijklmnopqrstuvwxyz0123456789",
        "tgp_v1_" + "abcdefghijklmnopqrstuvwxyz0123456789",
        "fw_" + "abcdefghijklmnopqrstuvwx",
        "nvapi-" + "abcdefghijklmnopqrstuvwxyz0123456789",
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789",
        "ya29." + "a0AfH6SMBabcdefghijklmnopqrstuvwxyz",
        "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    ];

    [Fact]
    public void There_are_at_least_twenty_key_formats() => Assert.True(KeyFormats.Count >= 20);

    [Theory]
    [MemberData(nameof(KeyFormats))]
    public void A_key_nobody_told_us_about_is_known_by_its_looks(string key)
    {
        foreach (string text in new[]
        {
            key, $"Incorrect API key provided: {key}.", $"Authorization: Bearer {key}", $"x-api-key: {key}", $$"""{"api_key":"{{key}}","x":1}""", $"https://h/?key={key}&a=b", $"({key})", $"'{key}'",
        })
        {
            string redacted = Redactor.Patterns.Redact(text);

            Assert.DoesNotContain(key, redacted, StringComparison.Ordinal);
            Assert.DoesNotContain(key[^8..], redacted, StringComparison.Ordinal);
            Assert.Contains("***", redacted, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Authorization: Bearer correct-horse-battery")]
    [InlineData("authorization: basic dXNlcjpjb3JyZWN0LWhvcnNl")]
    [InlineData("api-key=correct-horse-battery")]
    [InlineData("{\\\"apiKey\\\": \\\"correct-horse-battery\\\"}")]
    public void A_key_without_a_shape_is_known_by_its_name(string text) =>
        Assert.DoesNotContain("horse", Redactor.Patterns.Redact(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("prompt_tokens: 8, completion_tokens: 2")]
    [InlineData("req_0123456789abcdef0123456789abcdef")]
    [InlineData("Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000.")]
    [InlineData("{\"error\":{\"message\":\"task-force is risk-averse\",\"code\":null}}")]
    [InlineData("")]
    public void Ordinary_text_stays_as_it_is(string text) => Assert.Equal(text, Redactor.Patterns.Redact(text));

    [Fact]
    public void A_known_key_is_found_in_every_spelling()
    {
        const string Key = "kq+7/z=\"W<\\x&9Lm'Q";
        var redactor = new Redactor(new Secret(Key));
        byte[] bytes = Encoding.ASCII.GetBytes(Key);
        string[] spellings =
        [
            Key,
            Uri.EscapeDataString(Key),
            string.Concat(Key.Select(c => char.IsAsciiLetterOrDigit(c) ? c.ToString() : $"%{(int)c:x2}")),
            Convert.ToBase64String(bytes),
            Convert.ToBase64String(bytes).Replace('+', '-').Replace('/', '_').TrimEnd('='),
            Convert.ToBase64String(Encoding.ASCII.GetBytes("user:" + Key)),
            Convert.ToBase64String(Encoding.ASCII.GetBytes("u:" + Key + ":tail")),
            JavaScriptEncoder.Default.Encode(Key),
            JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(Key),
            Key.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("/", "\\/", StringComparison.Ordinal),
            string.Concat(Key.Select(c => $"\\u{(int)c:x4}")),
            string.Concat(Key.Select(c => $"\\u{(int)c:X4}")),
            string.Concat(Key.Select(c => $"%{(int)c:X2}")),
        ];

        foreach (string spelling in spellings)
        {
            string redacted = redactor.Redact($"before {spelling} after");

            Assert.Contains("***", redacted, StringComparison.Ordinal);
            Assert.StartsWith("before ", redacted, StringComparison.Ordinal);
            Assert.EndsWith(" after", redacted, StringComparison.Ordinal);
            Assert.DoesNotContain(spelling, redacted, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_occurrence_goes_and_the_text_between_stays()
    {
        var redactor = new Redactor(new Secret("correcthorse"));

        Assert.Equal("a *** b *** c correcthors", redactor.Redact("a correcthorse b c\\u006frrecthorse c correcthors"));
    }

    [Fact]
    public void A_key_that_contains_another_one_goes_whole()
    {
        var redactor = new Redactor(new Secret("aaaa-bbbb"), new Secret("aaaa-bbbb-cccc"), null);

        Assert.Equal("*** ***", redactor.Redact("aaaa-bbbb-cccc aaaa-bbbb"));
    }

    [Fact]
    public void A_key_of_seven_characters_is_a_word_and_stays() => Assert.Equal("an EMPTYxx key", new Redactor(new Secret("EMPTYxx")).Redact("an EMPTYxx key"));

    [Fact]
    public void A_body_is_cut_after_redaction_and_between_characters()
    {
        var redactor = new Redactor(new Secret("correcthorse"));
        byte[] body = Encoding.UTF8.GetBytes("12345 correcthorse ää");

        Assert.Equal("12345 **", redactor.Redact(body, 8).Text());
        Assert.Equal("12345 *** ", redactor.Redact(body, 11).Text());
        Assert.Equal("12345 *** ä", redactor.Redact(body, 12).Text());
    }
}
