namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class EnvironmentTests
{
    private static ResilienceOptions Apply(params (string Name, string Value)[] variables)
    {
        ResilienceOptions options = new();
        options.ApplyEnvironment(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
        return options;
    }

    [Fact]
    public void The_four_variables_of_the_family_are_read()
    {
        ResilienceOptions options = Apply(
            ("AI_LIB_RPS", "2.5"), ("AI_LIB_BREAKER_FAILURE_THRESHOLD", "7"), ("AI_LIB_BREAKER_COOLDOWN_SECS", "1.5"), ("AI_LIB_MAX_INFLIGHT", "9"));

        Assert.Equal(2.5, options.RateLimiter.RequestsPerSecond);
        Assert.Equal(7, options.CircuitBreaker.FailureThreshold);
        Assert.Equal(TimeSpan.FromSeconds(1.5), options.CircuitBreaker.Cooldown);
        Assert.Equal(9, options.Backpressure.MaxInflight);
    }

    [Fact]
    public void Zero_in_flight_means_no_limit()
    {
        ResilienceOptions options = Apply(("AI_LIB_MAX_INFLIGHT", "0"));

        Assert.Equal(0, options.Backpressure.MaxInflight);
        Assert.True(new Dataflow.Capacity.Backpressure(options.Backpressure).HasRoom);
    }

    [Fact]
    public void What_is_not_set_or_empty_changes_nothing() =>
        Assert.Equal(new ResilienceOptions(), Apply(("AI_LIB_RPS", ""), ("AI_LIB_MAX_INFLIGHT", "")));

    [Theory]
    [InlineData("AI_LIB_RPS", "ten")]
    [InlineData("AI_LIB_RPS", "0")]
    [InlineData("AI_LIB_RPS", "-1")]
    [InlineData("AI_LIB_RPS", "2,5")]
    [InlineData("AI_LIB_RPS", "1e3")]
    [InlineData("AI_LIB_RPS", "NaN")]
    [InlineData("AI_LIB_RPS", "Infinity")]
    [InlineData("AI_LIB_RPS", " ")]
    [InlineData("AI_LIB_BREAKER_FAILURE_THRESHOLD", "0")]
    [InlineData("AI_LIB_BREAKER_FAILURE_THRESHOLD", "5.5")]
    [InlineData("AI_LIB_BREAKER_FAILURE_THRESHOLD", "99999999999")]
    [InlineData("AI_LIB_BREAKER_COOLDOWN_SECS", "0")]
    [InlineData("AI_LIB_BREAKER_COOLDOWN_SECS", "30s")]
    [InlineData("AI_LIB_MAX_INFLIGHT", "-1")]
    [InlineData("AI_LIB_MAX_INFLIGHT", "unlimited")]
    [InlineData("AI_LIB_MAX_INFLIGHT", "0x10")]
    public void A_value_that_does_not_parse_names_the_variable_and_the_value(string variable, string value)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => Apply((variable, value)));

        Assert.StartsWith($"{variable} is '{value}';", Assert.Single(error.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void All_bad_variables_are_named_at_once()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => Apply(("AI_LIB_RPS", "x"), ("AI_LIB_MAX_INFLIGHT", "y")));

        Assert.Equal(2, error.Errors.Count);
    }

    [Fact]
    public async Task Values_set_in_code_go_before_the_environment_and_the_environment_before_the_defaults()
    {
        await using RequestPipeline<string, string> pipeline = RequestPipeline.CreateBuilder<string, string>()
            .UseEnvironment(name => name == "AI_LIB_MAX_INFLIGHT" ? "7" : null)
            .AddTarget("environment", (request, _) => ValueTask.FromResult(request))
            .AddTarget("code", (request, _) => ValueTask.FromResult(request), options => options.Backpressure.MaxInflight = 8)
            .Build();

        Assert.Equal([7, 8], pipeline.Signals.Snapshot().Targets.Select(target => target.MaxInflight));
    }
}
