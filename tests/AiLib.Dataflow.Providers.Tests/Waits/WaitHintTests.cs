using System.Globalization;
using System.Text;
using CsCheck;

namespace AiLib.Dataflow.Providers.Tests.Waits;

public sealed class WaitHintTests
{
    // A Sunday.
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 6, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("0", 0.0)]
    [InlineData("2", 2.0)]
    [InlineData(" 2 ", 2.0)]
    [InlineData("0.5", 0.5)]
    [InlineData(".5", 0.5)]
    [InlineData("+3", 3.0)]
    [InlineData("-5", 0.0)]
    [InlineData("86400", 86400.0)]
    [InlineData("1s", 1.0)]
    [InlineData("12ms", 0.012)]
    [InlineData("250ms", 0.25)]
    [InlineData("1m", 60.0)]
    [InlineData("6m0s", 360.0)]
    [InlineData("1h", 3600.0)]
    [InlineData("23m16.298s", 1396.298)]
    [InlineData("24h0m0s", 86400.0)]
    [InlineData("2m59.56s", 179.56)]
    [InlineData("1d2h", 93600.0)]
    [InlineData("500us", 0.0005)]
    [InlineData("500µs", 0.0005)]
    [InlineData("500μs", 0.0005)]
    [InlineData("5000ns", 0.000005)]
    [InlineData("-5s", 0.0)]
    [InlineData("Sun, 01 Mar 2026 06:00:30 GMT", 30.0)]
    [InlineData("Sunday, 01-Mar-26 06:00:30 GMT", 30.0)]
    [InlineData("Sun Mar  1 06:00:30 2026", 30.0)]
    [InlineData("Sun, 01 Mar 2026 05:00:00 GMT", 0.0)]
    [InlineData("2026-03-01T06:00:30Z", 30.0)]
    [InlineData("2026-03-01T06:00:30.5Z", 30.5)]
    [InlineData("2026-03-01T07:00:30+01:00", 30.0)]
    [InlineData("1772344830", 30.0)]
    [InlineData("1772344830000", 30.0)]
    [InlineData("1000000000", 0.0)]
    public void A_retry_after_is_read_in_every_form(string value, double seconds) =>
        Assert.Equal(seconds, Parse(("retry-after", value))!.Value.TotalSeconds, precision: 6);

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    [InlineData("∞")]
    [InlineData("inf")]
    [InlineData("1e5")]
    [InlineData("0x10")]
    [InlineData("1,5")]
    [InlineData("1.2.3")]
    [InlineData("soon")]
    [InlineData("s")]
    [InlineData("5x")]
    [InlineData("5 s")]
    [InlineData("5s!")]
    [InlineData("1m-5s")]
    [InlineData("--5s")]
    [InlineData("٣")]
    [InlineData("Mon, 01 Mar 2026 06:00:30 GMT")]
    [InlineData("Sun, 32 Mar 2026 06:00:30 GMT")]
    [InlineData("2026-13-01T06:00:30Z")]
    [InlineData("06:00:30")]
    [InlineData("May 5")]
    public void What_is_no_wait_is_none(string value) => Assert.Null(Parse(("retry-after", value)));

    [Theory]
    [InlineData("999999999")]
    [InlineData("9999999h")]
    [InlineData("2999999999999999")]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT")]
    public void An_absurd_wait_is_capped(string value) => Assert.Equal(WaitHint.Longest, Parse(("retry-after", value)));

    [Fact]
    public void A_number_of_any_length_is_capped_or_none()
    {
        foreach (int digits in (int[])[16, 64, 65, 400])
        {
            Assert.True(Parse(("retry-after", new string('9', digits))) is null or { TotalDays: <= 3650 });
        }
    }

    [Theory]
    [InlineData("1500", 1.5)]
    [InlineData("-1", 0.0)]
    [InlineData("86400000", 86400.0)]
    public void Milliseconds_are_read(string value, double seconds)
    {
        Assert.Equal(seconds, Parse(("retry-after-ms", value))!.Value.TotalSeconds);
        Assert.Equal(seconds, Parse(("x-ms-retry-after-ms", value))!.Value.TotalSeconds);
    }

    [Theory]
    [InlineData("Please try again in 8.71s.", 8.71)]
    [InlineData("Please try again in 120ms.", 0.12)]
    [InlineData("Please try again in 114h18m0s. Visit x", 411480.0)]
    [InlineData("Please retry in 10h17m5.7s.", 37025.7)]
    [InlineData("Please retry after 26 seconds.", 26.0)]
    [InlineData("Try again in 3 minutes", 180.0)]
    [InlineData("please wait for 2 hours", 7200.0)]
    [InlineData("Your limit resets in 5m", 300.0)]
    [InlineData("RETRY AFTER 1 SECOND", 1.0)]
    public void A_message_is_read(string message, double seconds) =>
        Assert.Equal(seconds, Parse(Body(message))!.Value.TotalSeconds, precision: 6);

    [Theory]
    [InlineData("You may send 100 requests in 60s")]
    [InlineData("Try again later")]
    [InlineData("Retry in a moment")]
    [InlineData("try again in 5 apples")]
    [InlineData("try again in 5sx")]
    [InlineData("resets. In 5s nothing happens")]
    public void A_message_without_a_wait_says_none(string message) => Assert.Null(Parse(Body(message)));

    [Fact]
    public void The_most_exact_source_wins()
    {
        List<(string Name, string Value)> headers =
        [
            ("retry-after-ms", "1000"), ("x-ms-retry-after-ms", "2000"), ("retry-after", "3"), ("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "6s"),
        ];
        string body = """{"error":{"message":"try again in 5s","details":[{"retryDelay":"4s"}]}}""";
        List<double> found = [];
        foreach (string drop in (string[])["retry-after-ms", "x-ms-retry-after-ms", "retry-after", "", "x-ratelimit-remaining-tokens"])
        {
            found.Add(WaitHint.Parse(name => Find(headers, name), Encoding.UTF8.GetBytes(body), Now)!.Value.TotalSeconds);
            headers.RemoveAll(header => header.Name == drop);
            body = found.Count >= 4 ? """{"error":{"message":"try again in 5s"}}""" : body;
        }

        Assert.Equal([1, 2, 3, 4, 5], found);
    }

    [Fact]
    public void What_cannot_be_read_is_passed_over_for_the_next_source() =>
        Assert.Equal(7, Parse(("retry-after-ms", "NaN"), ("retry-after", "soon"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "7"))!.Value.TotalSeconds);

    [Fact]
    public void Only_the_reset_of_a_used_up_dimension_counts_and_the_longest_of_those()
    {
        Assert.Equal(
            90,
            Parse(
                ("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "1m30s"), ("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "2s"),
                ("ratelimit-remaining", "5"), ("ratelimit-reset", "500"))!.Value.TotalSeconds);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("0.0")]
    public void A_dimension_that_is_not_at_zero_says_nothing(string remaining) =>
        Assert.Null(Parse(("x-ratelimit-remaining-requests", remaining), ("x-ratelimit-reset-requests", "5s")));

    [Fact]
    public void Anthropic_and_Cerebras_and_Mistral_resets_are_read()
    {
        Assert.Equal(30, Parse(("anthropic-ratelimit-input-tokens-remaining", "0"), ("anthropic-ratelimit-input-tokens-reset", "2026-03-01T06:00:30Z"))!.Value.TotalSeconds);
        Assert.Equal(12.5, Parse(("x-ratelimit-remaining-tokens-minute", "0"), ("x-ratelimit-reset-tokens-minute", "12.5"))!.Value.TotalSeconds);
        Assert.Equal(45, Parse(("x-ratelimitbysize-remaining-minute", "0"), ("ratelimitbysize-reset", "45"))!.Value.TotalSeconds);
    }

    [Fact]
    public void The_culture_of_the_thread_changes_nothing()
    {
        // The process is culture-invariant, so a culture with its own signs is made here.
        CultureInfo before = CultureInfo.CurrentCulture;
        var foreign = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        foreign.NumberFormat.NumberDecimalSeparator = ",";
        foreign.NumberFormat.NumberGroupSeparator = ".";
        foreign.NumberFormat.NegativeSign = "~";
        try
        {
            CultureInfo.CurrentCulture = foreign;

            Assert.Equal(1.5, Parse(("retry-after", "1.5"))!.Value.TotalSeconds);
            Assert.Equal(8.71, Parse(Body("try again in 8.71s"))!.Value.TotalSeconds);
            Assert.Equal(TimeSpan.Zero, Parse(("retry-after", "-1")));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Random_input_is_a_wait_between_zero_and_the_cap_or_none_and_never_an_exception()
    {
        Gen<string> piece = Gen.OneOf(
            Gen.OneOf(
                "h", "m", "s", "ms", "us", "µs", "ns", "d", "-", "+", ".", ",", "e", "E", "NaN", "Infinity", "∞", " ", "\t", ":", "T", "Z", "GMT", "Sun, ", "Mar", "2026-03-01", "06:00:30",
                "try again in ", "retry after ", " seconds", "\"", "{\"error\":{\"message\":\"", "\"}}", "\\u0000", "\0", "\ud800", "٣", "9999999999999999999999", "1e400"),
            Gen.Int[0, 2_000_000_000].Select(number => number.ToString(CultureInfo.InvariantCulture)),
            Gen.Double.Select(number => number.ToString("R", CultureInfo.InvariantCulture)),
            Gen.String[0, 5]);
        Gen<string> text = piece.Array[0, 6].Select(string.Concat);
        string[] names = ["retry-after-ms", "x-ms-retry-after-ms", "retry-after", "x-ratelimit-reset-tokens", "anthropic-ratelimit-tokens-reset", "body"];

        Gen.Select(text, Gen.Int[0, names.Length - 1], Gen.DateTimeOffset)
            .Sample(
                (value, at, now) =>
                {
                    // The dimension is used up, so that its reset is looked at.
                    string? Header(string name) => name == names[at] ? value : name.Contains("remaining", StringComparison.Ordinal) ? "0" : null;
                    TimeSpan? wait = WaitHint.Parse(Header, names[at] == "body" ? Encoding.UTF8.GetBytes(value) : default, now);
                    return wait is null || (wait >= TimeSpan.Zero && wait <= WaitHint.Longest);
                },
                iter: 300_000);
    }

    private static TimeSpan? Parse(params (string Name, string Value)[] headers) => WaitHint.Parse(name => Find(headers, name), ReadOnlyMemory<byte>.Empty, Now);

    private static TimeSpan? Parse(byte[] body) => WaitHint.Parse(_ => null, body, Now);

    private static byte[] Body(string message) => Encoding.UTF8.GetBytes($$"""{"error":{"message":"{{message}}"} }""");

    private static string? Find(IEnumerable<(string Name, string Value)> headers, string name) =>
        headers.Where(header => header.Name == name).Select(header => header.Value).FirstOrDefault();
}
