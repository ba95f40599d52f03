using System.Globalization;
using AiLib.Dataflow.Providers.Quotas;
using CsCheck;

namespace AiLib.Dataflow.Providers.Tests.Quotas;

public sealed class QuotaHeadersTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 6, 0, 0, TimeSpan.Zero);

    public static TheoryData<QuotaFixture> Fixtures { get; } = new(QuotaFixtures.Providers.Concat(QuotaFixtures.Standard));

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Fixtures))]
    public void Each_provider_is_read_in_its_own_form(QuotaFixture fixture)
    {
        var readings = new QuotaReading[QuotaHeaders.MaxReadings];

        QuotaTally tally = QuotaHeaders.Read(fixture.Provider, fixture.Find, Now, readings);

        Assert.Equal(fixture.Readings, readings[..tally.Readings]);
        Assert.Equal(fixture.Ignored, tally.Ignored);
    }

    // An answer without a header of such a name is not asked for the others.
    [Fact]
    public void Every_name_that_is_looked_up_is_known_as_one_that_may_be_a_quota()
    {
        HashSet<string> asked = new(StringComparer.Ordinal);
        foreach (string provider in ProviderCatalog.All.Select(static provider => provider.Id).Append("nobody"))
        {
            QuotaHeaders.Read(provider, name => Note(name), Now, new QuotaReading[QuotaHeaders.MaxReadings]);
        }

        Assert.InRange(asked.Count, 40, 200);
        Assert.All(asked, static name => Assert.True(QuotaHeaders.MayBeQuota(name), name));
        Assert.All(asked, static name => Assert.True(QuotaHeaders.MayBeQuota(name.ToUpperInvariant()), name));

        string? Note(string name)
        {
            asked.Add(name);
            return null;
        }
    }

    [Fact]
    public void The_usual_headers_may_not_be_quotas() =>
        Assert.All(["date", "server", "content-type", "x-request-id", "cf-ray", "openai-processing-ms"], static name => Assert.False(QuotaHeaders.MayBeQuota(name), name));

    [Theory]
    [InlineData("0", 0L)]
    [InlineData(" 5 ", 5L)]
    [InlineData("+5", 5L)]
    [InlineData("005", 5L)]
    [InlineData("100.0", 100L)]
    [InlineData("1000000000000000", 1_000_000_000_000_000L)]
    [InlineData("-0", 0L)]
    public void An_amount_is_read_in_every_form(string value, long amount)
    {
        Assert.Equal((amount, 0), Limit(value));
        Assert.Equal((amount, 0), Remaining(value));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("-9223372036854775808")]
    [InlineData("1.5")]
    [InlineData("0.1")]
    [InlineData("1000000000000001")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999999999999999999999999999999999999999999999999")]
    [InlineData("1e3")]
    [InlineData("30,000")]
    [InlineData("1,5")]
    [InlineData("0x10")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("∞")]
    [InlineData("٣")]
    [InlineData("many")]
    [InlineData("5 5")]
    [InlineData("5, 5")]
    [InlineData("5s")]
    [InlineData("\0")]
    public void What_is_no_amount_is_ignored_and_counted(string value)
    {
        Assert.Equal((null, 1), Limit(value));
        Assert.Equal((null, 1), Remaining(value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void A_blank_says_nothing_and_is_no_nonsense(string value)
    {
        Assert.Equal((null, 0), Limit(value));
        Assert.Equal((null, 0), FullIn(value));
    }

    [Theory]
    [InlineData("0", 0.0)]
    [InlineData("2", 2.0)]
    [InlineData("0.5", 0.5)]
    [InlineData("-5", 0.0)]
    [InlineData("-5s", 0.0)]
    [InlineData("12ms", 0.012)]
    [InlineData("6m0s", 360.0)]
    [InlineData("23m16.298s", 1396.298)]
    [InlineData("114h18m0s", 411480.0)]
    [InlineData("500us", 0.0005)]
    [InlineData("500µs", 0.0005)]
    [InlineData("5000ns", 0.000005)]
    [InlineData("2026-03-01T06:00:30Z", 30.0)]
    [InlineData("2026-03-01T07:00:30.25+01:00", 30.25)]
    [InlineData("Sun, 01 Mar 2026 06:00:30 GMT", 30.0)]
    [InlineData("1772344830", 30.0)]
    [InlineData("1772344830500", 30.5)]
    [InlineData("1000000000", 0.0)]
    [InlineData("315359999", 315359999.0)]
    public void A_reset_is_read_in_every_form(string value, double seconds) => Assert.Equal((seconds, 0), FullIn(value));

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-∞")]
    [InlineData("1e5")]
    [InlineData("soon")]
    [InlineData("5x")]
    [InlineData("1m-5s")]
    [InlineData("Mon, 01 Mar 2026 06:00:30 GMT")]
    [InlineData("2026-13-01T06:00:30Z")]
    [InlineData("315360000")]
    [InlineData("9999999h")]
    [InlineData("999999999999")]
    [InlineData("2999999999999999")]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT")]
    [InlineData("99999999999999999999999999999999999999999999999999999999999999999999")]
    public void What_is_no_reset_is_ignored_and_counted(string value) => Assert.Equal((null, 1), FullIn(value));

    [Fact]
    public void Nonsense_in_one_header_does_not_hide_the_others()
    {
        var readings = new QuotaReading[QuotaHeaders.MaxReadings];
        var answer = new QuotaFixture("", "groq", ["x-ratelimit-limit-requests: many", "x-ratelimit-remaining-requests: 7", "x-ratelimit-reset-requests: soon", "x-ratelimit-limit-tokens: 9"]);

        QuotaTally tally = QuotaHeaders.Read("groq", answer.Find, Now, readings);

        Assert.Equal(new QuotaTally(2, 2), tally);
        Assert.Equal(new QuotaReading(QuotaDimension.Requests, TimeSpan.FromDays(1), null, 7, null), readings[0]);
        Assert.Equal(new QuotaReading(QuotaDimension.Tokens, TimeSpan.FromMinutes(1), 9, null, null), readings[1]);
    }

    [Fact]
    public void A_destination_that_is_too_short_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>("readings", () => QuotaHeaders.Read("openai", _ => null, Now, new QuotaReading[QuotaHeaders.MaxReadings - 1]));

    [Fact]
    public void Reading_allocates_nothing()
    {
        (string Provider, Dictionary<string, string> Headers)[] answers =
        [
            .. QuotaFixtures.Providers.Concat(QuotaFixtures.Standard).Where(fixture => fixture.Ignored == 0).Select(fixture =>
                (fixture.Provider, fixture.Headers.Select(header => header.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal))),
        ];
        Func<string, string?>[] lookups = [.. answers.Select(answer => (Func<string, string?>)(name => answer.Headers.GetValueOrDefault(name)))];
        var readings = new QuotaReading[QuotaHeaders.MaxReadings];

        long ReadAll()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < answers.Length; i++)
            {
                QuotaHeaders.Read(answers[i].Provider, lookups[i], Now, readings);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        // The first time fills the tables and the platform's caches.
        ReadAll();

        Assert.Equal(0, ReadAll());
    }

    [Fact]
    public void The_culture_of_the_thread_changes_nothing()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        var foreign = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        foreign.NumberFormat.NumberDecimalSeparator = ",";
        foreign.NumberFormat.NumberGroupSeparator = ".";
        foreign.NumberFormat.NegativeSign = "~";
        try
        {
            CultureInfo.CurrentCulture = foreign;

            Assert.Equal((100, 0), Limit("100.0"));
            Assert.Equal((null, 1), Limit("100,0"));
            Assert.Equal((0, 0), FullIn("-1"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Random_headers_give_readings_in_range_and_never_an_exception()
    {
        string[] providers = ["openai", "azure", "anthropic", "groq", "cerebras", "mistral", "together", "fireworks", "openrouter", "deepseek", "", "somebody"];
        Gen<string> piece = Gen.OneOf(
            Gen.OneOf(
                "h", "m", "s", "ms", "us", "µs", "ns", "-", "+", ".", ",", ";", "=", "\"", "\\", "e", "E", "NaN", "Infinity", "∞", " ", "\t", ":", "T", "Z", "GMT", "Sun, ", "2026-03-01",
                "06:00:30", "\0", "\ud800", "٣", "9999999999999999999999", "1e400", "1772344830000", ";q=", ";w=", ";r=", ";t=", ";qu=tokens", "\"a\"", "\"a\";q=100;w=60", "\"a\";r=50;t=30",
                "limit=", "remaining=", "reset=", "0", "-1", "1", "60", "100"),
            Gen.Int[0, 2_000_000_000].Select(number => number.ToString(CultureInfo.InvariantCulture)),
            Gen.Long.Select(number => number.ToString(CultureInfo.InvariantCulture)),
            Gen.Double.Select(number => number.ToString("R", CultureInfo.InvariantCulture)),
            Gen.String[0, 5]);
        Gen<string> text = piece.Array[0, 6].Select(string.Concat);

        // Every name has a value of its own, or none, so that all rows of all tables are met.
        Gen.Select(text.Array[1, 5], Gen.Int[0, providers.Length - 1], Gen.Int[0, 1000], Gen.DateTimeOffset)
            .Sample(
                (values, provider, salt, now) =>
                {
                    string? Header(string name) => (name.Sum(letter => letter) + salt + (salt * name.Length)) % (values.Length + 1) is var at && at < values.Length ? values[at] : null;
                    Span<QuotaReading> readings = new QuotaReading[QuotaHeaders.MaxReadings];
                    QuotaTally tally = QuotaHeaders.Read(providers[provider], Header, now, readings);
                    return AreInRange(readings[..tally.Readings]) && tally.Ignored >= 0;
                },
                iter: 500_000);
    }

    internal static bool AreInRange(ReadOnlySpan<QuotaReading> readings)
    {
        foreach (QuotaReading reading in readings)
        {
            if (!Enum.IsDefined(reading.Dimension) || (reading.Limit is null && reading.Remaining is null)
                || reading.Limit is < 0 or > 1_000_000_000_000_000 || reading.Remaining is < 0 or > 1_000_000_000_000_000
                || reading.Window <= TimeSpan.Zero || reading.Window >= WaitHint.Longest || reading.FullIn < TimeSpan.Zero || reading.FullIn >= WaitHint.Longest)
            {
                return false;
            }
        }

        return true;
    }

    private static (long? Limit, int Ignored) Limit(string value) => Read("x-ratelimit-limit-tokens", value, out int ignored) is { } reading ? (reading.Limit, ignored) : (null, ignored);

    private static (long? Remaining, int Ignored) Remaining(string value) =>
        Read("x-ratelimit-remaining-tokens", value, out int ignored) is { } reading ? (reading.Remaining, ignored) : (null, ignored);

    private static (double? Seconds, int Ignored) FullIn(string value) =>
        (Read("x-ratelimit-reset-tokens", value, out int ignored, "x-ratelimit-limit-tokens")?.FullIn?.TotalSeconds, ignored);

    private static QuotaReading? Read(string name, string value, out int ignored, string? other = null)
    {
        var readings = new QuotaReading[QuotaHeaders.MaxReadings];
        QuotaTally tally = QuotaHeaders.Read("groq", asked => asked == name ? value : asked == other ? "1" : null, Now, readings);
        ignored = tally.Ignored;
        return tally.Readings == 0 ? null : readings[0];
    }
}
