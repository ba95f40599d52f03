using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Recovery;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class ConfigurationTests
{
    private static RequestPipelineBuilder<string, string> Builder(Action<TargetOptions>? configure = null, Dictionary<string, string>? environment = null) =>
        RequestPipeline.CreateBuilder<string, string>()
            .UseEnvironment(name => environment?.GetValueOrDefault(name))
            .AddTarget("a", (request, _) => ValueTask.FromResult(request), configure);

    [Fact]
    public void All_errors_are_said_at_once_each_with_its_target_its_setting_and_its_value()
    {
        RequestPipelineBuilder<string, string> builder = Builder(options =>
        {
            options.Retry.MaxRetries = -1;
            options.Backpressure.MaxInflight = -5;
            options.AttemptTimeout = TimeSpan.Zero;
        }).Configure(options => options.DrainTimeout = TimeSpan.FromSeconds(-1));
        builder.AddTarget("a", (request, _) => ValueTask.FromResult(request));

        ConfigurationException error = Assert.Throws<ConfigurationException>(builder.Build);

        Assert.Equal(5, error.Errors.Count);
        string[] parts = ["a: Retry.MaxRetries is -1", "a: Backpressure.MaxInflight is -5", "a: AttemptTimeout is 0 ms", "DrainTimeout is -1000 ms", "2 targets with the id 'a'"];
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    public static TheoryData<string, Action<TargetOptions>, string[]> Contradictions => new()
    {
        { "slots below the in-flight limit", options => options.Slots = 3, ["Slots (3)", "Backpressure.MaxInflight (50)"] },
        { "a first wait longer than the longest", options => options.Retry.InitialDelay = TimeSpan.FromSeconds(31), ["Retry.InitialDelay (31 s)", "Retry.MaxDelay (30 s)"] },
        { "a burst without a rate", options => options.RateLimiter.BurstSize = 5, ["RateLimiter.BurstSize is 5", "RequestsPerSecond"] },
        { "a token burst without a token rate", options => options.RateLimiter.TokenBurst = 5, ["RateLimiter.TokenBurst is 5", "TokensPerMinute"] },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void A_contradiction_names_both_options_and_their_values(string what, Action<TargetOptions> configure, string[] parts)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(Builder(configure).Build);

        Assert.NotEmpty(what);
        Assert.Single(error.Errors);
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    public static TheoryData<string, Action<TargetOptions>> OutOfRange => new()
    {
        { "Retry.MaxRetries", options => options.Retry.MaxRetries = 1001 },
        { "Retry.InitialDelay", options => options.Retry.InitialDelay = TimeSpan.FromSeconds(-1) },
        { "Retry.MaxDelay", options => options.Retry.MaxDelay = TimeSpan.FromDays(2) },
        { "Retry.BackoffMultiplier", options => options.Retry.BackoffMultiplier = double.NaN },
        { "Retry.BackoffMultiplier", options => options.Retry.BackoffMultiplier = 0.5 },
        { "Retry.MaxServerDelay", options => options.Retry.MaxServerDelay = TimeSpan.MaxValue },
        { "RateLimiter.RequestsPerSecond", options => options.RateLimiter.RequestsPerSecond = double.NaN },
        { "RateLimiter.RequestsPerSecond", options => options.RateLimiter.RequestsPerSecond = 0 },
        { "RateLimiter.RequestsPerSecond", options => options.RateLimiter.RequestsPerSecond = double.PositiveInfinity },
        { "RateLimiter.RequestsPerMinute", options => options.RateLimiter.RequestsPerMinute = 0 },
        { "RateLimiter.TokensPerMinute", options => options.RateLimiter.TokensPerMinute = -1 },
        { "CircuitBreaker.FailureThreshold", options => options.CircuitBreaker.FailureThreshold = -1 },
        { "CircuitBreaker.Cooldown", options => options.CircuitBreaker.Cooldown = TimeSpan.Zero },
        { "CircuitBreaker.FailureRatio", options => options.CircuitBreaker.FailureRatio = double.NaN },
        { "CircuitBreaker.MinimumCalls", options => options.CircuitBreaker.MinimumCalls = 0 },
        { "CircuitBreaker.SamplingWindow", options => options.CircuitBreaker.SamplingWindow = TimeSpan.Zero },
        { "CircuitBreaker.MaxProbes", options => options.CircuitBreaker.MaxProbes = 0 },
        { "CircuitBreaker.ProbesToClose", options => options.CircuitBreaker.ProbesToClose = 0 },
        { "CircuitBreaker.ProbeLease", options => options.CircuitBreaker.ProbeLease = TimeSpan.Zero },
        { "Backpressure.MaxInflight", options => options.Backpressure.MaxInflight = -1 },
        { "Slots", options => options.Slots = 0 },
        { "AttemptTimeout", options => options.AttemptTimeout = TimeSpan.FromDays(2) },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void A_value_out_of_range_is_named(string setting, Action<TargetOptions> configure)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(Builder(configure).Build);

        Assert.StartsWith("a: " + setting + " is ", error.Errors[0], StringComparison.Ordinal);
    }

    public static TheoryData<string, Action<RateLimiterOptions>> ExtremeRates => new()
    {
        { "a token rate that shares no factor with a minute of nanoseconds", options => options.TokensPerMinute = 200_000_003 },
        { "a small token rate with a large burst", options => (options.TokensPerMinute, options.TokenBurst) = (7, 100_000_000_000) },
        { "the slowest rate with the largest burst", options => (options.RequestsPerSecond, options.BurstSize) = (0.001, 10_000_000) },
        { "the fastest of everything", options => (options.RequestsPerSecond, options.RequestsPerMinute, options.TokensPerMinute) = (1_000_000, 60_000_000, 100_000_000_000) },
    };

    [Theory]
    [MemberData(nameof(ExtremeRates))]
    public void A_rate_in_range_is_accepted_or_refused_as_a_configuration_error_and_never_overflows(string what, Action<RateLimiterOptions> configure)
    {
        RateLimiterOptions options = new();
        configure(options);

        Exception? error = Record.Exception(() => new RateLimiter(options, TimeProvider.System));

        Assert.NotEmpty(what);
        Assert.True(error is null or ConfigurationException, error?.ToString());
    }

    [Fact]
    public void A_pipeline_needs_a_target()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(RequestPipeline.CreateBuilder<string, string>().Build);

        Assert.Contains("AddTarget", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sixty_four_targets_are_the_most()
    {
        RequestPipelineBuilder<string, string> builder = RequestPipeline.CreateBuilder<string, string>().UseEnvironment(static _ => null);
        for (int n = 0; n < 64; n++)
        {
            string id = $"{n}";
            builder.AddTarget(id, (_, _) => id == "63" ? ValueTask.FromResult(id) : throw new TimeoutException(), options =>
            {
                options.Retry.MaxRetries = 0;
                options.Slots = 50;
            });
        }

        await using RequestPipeline<string, string> pipeline = builder.Build();
        Settled<string, string> settled = await pipeline.TrySendAsync("q");

        Assert.Equal(("63", 64), (settled.Outcome.Response, settled.Attempts));
        Assert.Throws<ConfigurationException>(builder.AddTarget("64", (request, _) => ValueTask.FromResult(request)).Build);
    }

    [Fact]
    public async Task Changing_options_after_the_build_changes_nothing()
    {
        TargetOptions? kept = null;
        await using RequestPipeline<string, string> pipeline = Builder(options => kept = options).Build();

        kept!.Backpressure.MaxInflight = 1;

        Assert.Equal(50, pipeline.Signals.Snapshot().Targets[0].MaxInflight);
    }

    [Fact]
    public void Options_print_their_values()
    {
        string text = new TargetOptions().ToString();

        Assert.Contains("MaxRetries = 3", text, StringComparison.Ordinal);
        Assert.Contains("MaxInflight = 50", text, StringComparison.Ordinal);
        Assert.Contains("FailureThreshold = 5", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Defaults_are_those_of_the_family()
    {
        ResilienceOptions options = new();

        Assert.Equal((3, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), 2.0, Jitter.Full),
            (options.Retry.MaxRetries, options.Retry.InitialDelay, options.Retry.MaxDelay, options.Retry.BackoffMultiplier, options.Retry.Jitter));
        Assert.Equal((5, TimeSpan.FromSeconds(30)), (options.CircuitBreaker.FailureThreshold, options.CircuitBreaker.Cooldown));
        Assert.Equal((50, (double?)null), (options.Backpressure.MaxInflight, options.RateLimiter.RequestsPerSecond));
    }
}
