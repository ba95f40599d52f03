using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.Cli.Targets;

namespace AiLib.Dataflow.EndToEnd.Tests.Config;

/// <summary>Each row of the table sets what it says, and nothing else.</summary>
public sealed class LimitTableTests
{
    public static TheoryData<string, string> Settings => new()
    {
        { "rps", "RequestsPerSecond" },
        { "rpm", "RequestsPerMinute" },
        { "tpm", "TokensPerMinute" },
        { "itpm", "InputTokensPerMinute" },
        { "otpm", "OutputTokensPerMinute" },
        { "rpd", "RequestsPerDay" },
        { "tpd", "TokensPerDay" },
        { "max_inflight", "MaxInflight" },
        { "pool_rpm", "RequestsPerMinute" },
        { "pool_tpm", "TokensPerMinute" },
    };

    [Fact]
    public void Every_limit_is_looked_at() =>
        Assert.Equal(LimitTable.All.Where(limit => limit.BurstOf.Count == 0).Select(limit => limit.Key), Settings.Select(row => row.Data.Item1), StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Settings))]
    public void A_limit_changes_one_setting_of_a_target_or_of_a_pool(string key, string setting)
    {
        Limit limit = LimitTable.All.Single(known => known.Key == key);
        TargetOptions target = new();
        RateLimiterOptions pool = new();
        string[] before = [.. Parts(target), .. Parts(pool)];

        Assert.Null(limit.Read("777", out double? value));
        limit.Apply?.Invoke(target, value!.Value);
        limit.ApplyToPool?.Invoke(pool, value!.Value);

        (string, string)[] changed = [.. before.Zip([.. Parts(target), .. Parts(pool)]).Where(pair => pair.First != pair.Second)];
        Assert.Contains($" {setting} = 777", " " + Assert.Single(changed).Item2, StringComparison.Ordinal);
        Assert.Equal(key.StartsWith("pool_", StringComparison.Ordinal), limit.Apply is null);
        Assert.Equal("777", limit.TextOf(value!.Value));
        Assert.True((limit.Apply is null) != (limit.ApplyToPool is null));
    }

    [Theory]
    [InlineData("burst", "rps", "BurstSize")]
    [InlineData("burst", "rpm", "BurstSize")]
    [InlineData("burst", "tpm", null)]
    [InlineData("token_burst", "tpm", "TokenBurst")]
    [InlineData("token_burst", "itpm", "InputTokenBurst")]
    [InlineData("token_burst", "otpm", "OutputTokenBurst")]
    [InlineData("token_burst", "rpm", null)]
    [InlineData("token_burst", "tpd", null)]
    public void What_may_go_at_once_is_set_for_the_limit_that_there_is(string burst, string limit, string? set)
    {
        TargetOptions target = new();
        Row(limit).Apply!(target, 1_000);
        string[] before = Parts(target);

        Row(burst).Apply!(target, 777);

        string[] changed = [.. before.Zip(Parts(target)).Where(pair => pair.First != pair.Second).Select(pair => pair.Second)];
        Assert.Equal(set is null ? [] : [$"{set} = 777"], changed);
        Assert.True(LimitTable.All.ToList().IndexOf(Row(burst)) > LimitTable.All.ToList().IndexOf(Row(limit)), "What it belongs to is set by then.");
    }

    [Fact]
    public void A_run_leaves_half_a_percent_of_tokens_and_nothing_of_requests()
    {
        TargetOptions target = new();

        RunAction.Configure(target, new PlannedTargets(null, ["--target", "openai", "--rpm", "500", "--tpm", "70000", "--burst", "3"]).Plans.All[0], new RunSettings { Input = "in.jsonl" });

        Assert.Equal((500, 70_000, 3), (target.RateLimiter.RequestsPerMinute, target.RateLimiter.TokensPerMinute, target.RateLimiter.BurstSize));
        Assert.Equal((0.005, 0), (target.RateLimiter.Headroom, target.RateLimiter.RequestHeadroom));
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

    private static Limit Row(string key) => LimitTable.All.Single(limit => limit.Key == key);

    private static string[] Parts(object options) => options.ToString()!.Split(", ");
}
