using System.Runtime.CompilerServices;

namespace AiLib.Dataflow.Providers.Tests.Quotas;

public sealed class QuotaReadingTests
{
    [Fact]
    public void What_is_put_in_comes_out()
    {
        var reading = new QuotaReading(QuotaDimension.OutputTokens, TimeSpan.FromDays(1), 0, long.MaxValue, TimeSpan.Zero);

        Assert.Equal(QuotaDimension.OutputTokens, reading.Dimension);
        Assert.Equal(TimeSpan.FromDays(1), reading.Window);
        Assert.Equal(0, reading.Limit);
        Assert.Equal(long.MaxValue, reading.Remaining);
        Assert.Equal(TimeSpan.Zero, reading.FullIn);
        Assert.Equal(new QuotaReading(QuotaDimension.OutputTokens, TimeSpan.FromDays(1), 5, long.MaxValue, null), reading with { Limit = 5, FullIn = null });
    }

    [Fact]
    public void Unknown_is_unknown_and_so_is_a_negative_value()
    {
        var unknown = new QuotaReading(QuotaDimension.Requests, null, null, null, null);

        Assert.Equal(default, unknown);
        Assert.Equal(unknown, new QuotaReading(QuotaDimension.Requests, TimeSpan.MinValue, -1, long.MinValue, TimeSpan.FromTicks(-1)));
        Assert.True(unknown is { Window: null, Limit: null, Remaining: null, FullIn: null });
        Assert.NotEqual(unknown, unknown with { Remaining = 0 });
    }

    [Fact]
    public void It_is_small() => Assert.True(Unsafe.SizeOf<QuotaReading>() <= 40);
}
