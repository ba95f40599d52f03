using AiLib.Dataflow.Simulator.Faults;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests;

public sealed class FaultRatesTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("  ", "")]
    [InlineData("429=0.1", "429=0.1")]
    [InlineData(" 429 = 0.1 , reset=0.02 ", "429=0.1,reset=0.02")]
    [InlineData("RESET=1", "reset=1")]
    [InlineData("500=1e-3", "500=0.001")]
    [InlineData("500=0", "")]
    [InlineData("500=0.5,429=0.5", "429=0.5,500=0.5")]
    [InlineData("429=0.1,429-bare=0.1,500=0.1,502=0.1,503=0.1,529=0.1,reset=0.1,half=0.1,endless=0.1,html=0.1", null)]
    public void A_valid_list_is_read_and_written_back(string text, string? expected)
    {
        FaultRates rates = FaultRates.Parse(text);

        Assert.Equal(expected ?? text, rates.ToString());
        Assert.Equal(rates.ToString(), FaultRates.Parse(rates.ToString()).ToString());
    }

    [Theory]
    [InlineData("429", "\"429\"", "name=rate")]
    [InlineData("429=0.1,oops", "\"oops\"", "name=rate")]
    [InlineData("418=0.1", "\"418\"", "429, 429-bare, 500, 502, 503, 529, reset, half, endless, html, html-200")]
    [InlineData("=0.1", "\"=0.1\"", "Names:")]
    [InlineData("500=", "\"500=\"", "0 to 1")]
    [InlineData("500=x", "\"x\"", "0 to 1")]
    [InlineData("500=1.1", "\"1.1\"", "0 to 1")]
    [InlineData("500=-0.1", "\"-0.1\"", "0 to 1")]
    [InlineData("500=NaN", "\"NaN\"", "0 to 1")]
    [InlineData("500=0,1", "\"1\"", "name=rate")]
    [InlineData("500=10%", "\"10%\"", "0 to 1")]
    [InlineData("500=0.1,500=0.2", "\"500\"", "twice")]
    [InlineData("500=0.1,,429=0.1", "\"\"", "name=rate")]
    [InlineData("500=0.6,429=0.6", "1.2", "at most 1")]
    public void An_invalid_list_is_refused_with_the_bad_part_and_what_is_allowed(string text, string part, string allowed)
    {
        Assert.False(FaultRates.TryParse(text, out FaultRates? rates, out string? error));
        Assert.Null(rates);
        Assert.Contains(part, error, StringComparison.Ordinal);
        Assert.Contains(allowed, error, StringComparison.Ordinal);

        FormatException exception = Assert.Throws<FormatException>(() => FaultRates.Parse(text));
        Assert.Equal(error, exception.Message);
    }

    [Fact]
    public void Null_means_no_faults_where_nothing_may_throw()
    {
        Assert.True(FaultRates.TryParse(null, out FaultRates? rates, out _));

        Assert.Equal(0, rates.Total);
    }

    [Fact]
    public void Every_kind_has_its_own_name_and_a_status()
    {
        FaultKind[] kinds = Enum.GetValues<FaultKind>();

        Assert.Equal(kinds.Length, FaultNames.Count);
        Assert.Equal(kinds.Length, kinds.Select(FaultNames.NameOf).Distinct(StringComparer.Ordinal).Count());
        Assert.All(kinds, kind =>
        {
            Assert.True(FaultNames.TryFind(FaultNames.NameOf(kind), out FaultKind found));
            Assert.Equal(kind, found);
            Assert.InRange(FaultNames.StatusOf(kind), 0, 599);
        });
    }

    [Fact]
    public void With_changes_one_rate_of_a_copy()
    {
        FaultRates before = FaultRates.Parse("429=0.5");
        FaultRates after = before.With(FaultKind.Reset, 0.25);

        Assert.Equal("429=0.5,reset=0.25", after.ToString());
        Assert.Equal("429=0.5", before.ToString());
        Assert.Equal(0.75, after.Total);
        Assert.Throws<ArgumentOutOfRangeException>(() => after.With(FaultKind.Html, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => after.With(FaultKind.Html, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => after.With((FaultKind)99, 0));
    }

    [Fact]
    public void A_uniform_number_selects_the_kind_whose_share_it_falls_into()
    {
        FaultRates rates = FaultRates.Parse("429=0.25,reset=0.5");

        Assert.Equal(FaultKind.RateLimited, rates.Select(0));
        Assert.Equal(FaultKind.RateLimited, rates.Select(0.2499));
        Assert.Equal(FaultKind.Reset, rates.Select(0.25));
        Assert.Equal(FaultKind.Reset, rates.Select(0.7499));
        Assert.Null(rates.Select(0.75));
        Assert.Null(FaultRates.None.Select(0));
    }
}
