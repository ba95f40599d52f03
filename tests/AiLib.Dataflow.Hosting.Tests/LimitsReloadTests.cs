using AiLib.Dataflow.Pools;
using AiLib.Dataflow.Signals;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace AiLib.Dataflow.Hosting.Tests;

public sealed class LimitsReloadTests
{
    private const string Id = "openai/gpt-4o-mini";
    private const string InFlight = $"Targets:{Id}:MaxInflight";
    private const string PerMinute = $"Targets:{Id}:RateLimiter:RequestsPerMinute";
    private const string Tokens = $"Targets:{Id}:RateLimiter:TokensPerMinute";

    private readonly IConfigurationRoot _configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
    private readonly Messages _log = new();

    private static RequestPipeline<string, string> Build(params string[] more)
    {
        RequestPipelineBuilder<string, string> builder = RequestPipeline.CreateBuilder<string, string>();
        foreach (string id in (string[])[Id, .. more])
        {
            builder.AddTarget(id, static (request, _) => ValueTask.FromResult(request), static options =>
            {
                options.Backpressure.MaxInflight = 8;
                options.RateLimiter.RequestsPerMinute = 600;
                options.RateLimiter.BurstSize = 600;
            });
        }

        return builder.Build();
    }

    private IDisposable Follow(RequestPipeline<string, string> pipeline) => pipeline.FollowLimits(_configuration.GetSection("Targets"), _log);

    private void Reload() => _configuration.Reload();

    private static TargetSignals Now(RequestPipeline<string, string> pipeline, int target = 0) => pipeline.Signals.Snapshot().Targets[target];

    [Fact]
    public async Task What_the_section_says_is_in_force_at_once_and_what_it_does_not_say_is_as_built()
    {
        await using RequestPipeline<string, string> pipeline = Build();
        _configuration[InFlight] = "3";
        _configuration[Tokens] = "5000";

        using IDisposable following = Follow(pipeline);

        Assert.Equal((3, 600L, 5000L), (Now(pipeline).MaxInflight, pipeline.Signals.Snapshot().RateRemaining, Now(pipeline).TokensRemaining));
    }

    [Fact]
    public async Task A_section_that_is_loaded_again_changes_limits_and_a_key_that_is_gone_goes_back_to_what_was_built()
    {
        await using RequestPipeline<string, string> pipeline = Build();
        using IDisposable following = Follow(pipeline);
        Assert.Equal(8, Now(pipeline).MaxInflight);

        _configuration[InFlight] = "2";
        _configuration[Tokens] = "70";
        Reload();
        Assert.Equal((2, 70L), (Now(pipeline).MaxInflight, Now(pipeline).TokensRemaining));

        _configuration[InFlight] = null;
        _configuration[Tokens] = null;
        Reload();
        Assert.Equal((8, null), (Now(pipeline).MaxInflight, Now(pipeline).TokensRemaining));
        Assert.Empty(_log.Warnings);
    }

    [Theory]
    [InlineData(PerMinute, "0", "openai/gpt-4o-mini: RateLimiter.RequestsPerMinute is 0; it must be from 1")]
    [InlineData(PerMinute, "many", "many")]
    [InlineData($"Targets:{Id}:MaxInFlights", "7", "MaxInFlights")]
    [InlineData($"Targets:{Id}:RateLimiter:RequestPerMinute", "7", "RequestPerMinute")]
    [InlineData(InFlight, "1000", "1000")]
    [InlineData("Targets:openai/gpt-5:MaxInflight", "7", "'openai/gpt-5' has limits in the configuration, but there is no such target or pool; there are openai/gpt-4o-mini, other.")]
    public async Task A_wrong_section_is_an_error_at_the_beginning_and_a_warning_later_that_names_what_is_wrong(string key, string value, string named)
    {
        await using RequestPipeline<string, string> pipeline = Build("other");
        using IDisposable following = Follow(pipeline);
        _configuration[key] = value;
        _configuration["Targets:other:MaxInflight"] = "5";

        Reload();

        Assert.Contains(named, Assert.Single(_log.Warnings), StringComparison.Ordinal);
        Assert.Equal((8, 5), (Now(pipeline).MaxInflight, Now(pipeline, 1).MaxInflight));
        Assert.Contains(named, Assert.Throws<ConfigurationException>(() => Follow(pipeline)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_that_was_wrong_is_followed_again_when_it_is_right()
    {
        await using RequestPipeline<string, string> pipeline = Build();
        using IDisposable following = Follow(pipeline);
        _configuration[InFlight] = "-1";
        Reload();
        Assert.Equal(8, Now(pipeline).MaxInflight);

        _configuration[InFlight] = "4";
        Reload();

        Assert.Equal(4, Now(pipeline).MaxInflight);
        Assert.Single(_log.Warnings);
    }

    [Fact]
    public async Task An_id_with_a_colon_is_a_path()
    {
        await using RequestPipeline<string, string> pipeline = Build("openrouter/model:free");
        _configuration["Targets:openrouter/model:free:MaxInflight"] = "1";

        using IDisposable following = Follow(pipeline);

        Assert.Equal(1, Now(pipeline, 1).MaxInflight);
    }

    [Fact]
    public async Task Limits_apart_of_a_day_and_over_a_pool_are_followed_too()
    {
        await using RequestPipeline<string, string> pipeline = RequestPipeline.CreateBuilder<string, string>()
            .AddPool("keys", new[] { "one", "two" }.Select(static id => new PoolMember<string, string>(id, new Echo(), static options => options.RateLimiter.RequestsPerMinute = 60_000)))
            .Build();
        _configuration["Targets:one:RateLimiter:InputTokensPerMinute"] = "4000";
        _configuration["Targets:one:RateLimiter:OutputTokensPerMinute"] = "500";
        _configuration["Targets:two:RateLimiter:RequestsPerDay"] = "7";
        _configuration["Targets:keys:RateLimiter:RequestsPerDay"] = "1";

        using IDisposable following = Follow(pipeline);

        Assert.Equal((4_000L, 500L, 7L), (Now(pipeline).InputTokensRemaining, Now(pipeline).OutputTokensRemaining, Now(pipeline, 1).RateRemaining));
        Assert.Equal("q", await pipeline.SendAsync("q"));
        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() => pipeline.SendAsync("q").AsTask());
        Assert.InRange(refused.Refusal.RetryAfter!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));

        _configuration["Targets:keys:RateLimiter:RequestsPerDay"] = null;
        Reload();
        Assert.Equal("q", await pipeline.SendAsync("q"));
    }

    [Fact]
    public async Task Nothing_changes_once_it_is_not_followed_any_more()
    {
        await using RequestPipeline<string, string> pipeline = Build();
        Follow(pipeline).Dispose();
        _configuration[InFlight] = "2";

        Reload();

        Assert.Equal(8, Now(pipeline).MaxInflight);
    }

    private sealed class Messages : ILogger
    {
        public List<string> Warnings { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning)
            {
                Warnings.Add(formatter(state, exception));
            }
        }
    }

    private sealed class Echo : IEndpoint<string, string>
    {
        public ValueTask<Outcome<string>> CallAsync(string request, AttemptContext attempt, CancellationToken cancellationToken) => new(Outcome<string>.Answered(request));
    }
}
