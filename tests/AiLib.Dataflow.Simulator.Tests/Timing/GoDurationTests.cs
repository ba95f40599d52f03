using System.Globalization;
using AiLib.Dataflow.Simulator.Timing;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Timing;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("00:00:00", "0s")]
    [InlineData("-00:00:05", "0s")]
    [InlineData("00:00:00.0000001", "1ms")]
    [InlineData("00:00:00.0120000", "12ms")]
    [InlineData("00:00:00.9990001", "1s")]
    [InlineData("00:00:01", "1s")]
    [InlineData("00:00:08.7100000", "8.71s")]
    [InlineData("00:01:00", "1m0s")]
    [InlineData("00:06:00", "6m0s")]
    [InlineData("00:23:16.2980000", "23m16.298s")]
    [InlineData("1.00:00:00", "24h0m0s")]
    [InlineData("4.18:18:00", "114h18m0s")]
    public void Durations_are_written_as_the_provider_writes_them(string duration, string expected) =>
        Assert.Equal(expected, GoDuration.Format(TimeSpan.Parse(duration, CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("150ms", 150)]
    [InlineData("1.5s", 1500)]
    [InlineData("6m0s", 360_000)]
    [InlineData("1h2m3.5s", 3_723_500)]
    [InlineData("2500us", 2.5)]
    public void What_was_written_can_be_read(string text, double milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out TimeSpan duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1.2.3s")]
    [InlineData("1 s")]
    [InlineData("1d")]
    [InlineData("999999999999999h")]
    public void Anything_else_is_refused(string text) => Assert.False(GoDuration.TryParse(text, out _));
}
