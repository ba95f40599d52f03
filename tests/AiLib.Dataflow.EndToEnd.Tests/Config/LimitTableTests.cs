using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Cli.Targets;

namespace AiLib.Dataflow.EndToEnd.Tests.Config;

/// <summary>Each row of the table sets what it says, and nothing else.</summary>
public sealed class LimitTableTests
{
    public static TheoryData<string> Keys => [.. LimitTable.All.Select(limit => limit.Key)];

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_limit_changes_one_setting_of_a_target_or_of_a_pool(string key)
    {
        Limit limit = LimitTable.All.Single(known => known.Key == key);
        TargetOptions target = new();
        RateLimiterOptions pool = new();
        string[] before = [.. Parts(target), .. Parts(pool)];

        Assert.Null(limit.Read("777", out double? value));
        limit.Apply?.Invoke(target, value!.Value);
        limit.ApplyToPool?.Invoke(pool, value!.Value);

        (string, string)[] changed = [.. before.Zip([.. Parts(target), .. Parts(pool)]).Where(pair => pair.First != pair.Second)];
        Assert.Contains("777", Assert.Single(changed).Item2, StringComparison.Ordinal);
        Assert.Equal("777", limit.TextOf(value!.Value));
        Assert.True((limit.Apply is null) != (limit.ApplyToPool is null));
    }

    [Fact]
    public void Of_limits_in_flight_auto_finds_itself_and_none_is_0()
    {
        TargetOptions auto = new(), none = new();

        LimitTable.MaxInflight.Apply!(auto, LimitTable.Auto);
        LimitTable.MaxInflight.Apply!(none, LimitTable.Unlimited);

        Assert.Equal(50, auto.AdaptiveLimit!.Initial);
        Assert.Equal((null, 0), (none.AdaptiveLimit, none.Backpressure.MaxInflight));
    }

    private static string[] Parts(object options) => options.ToString()!.Split(", ");
}
