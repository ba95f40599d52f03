using Xunit;

namespace AiLib.Dataflow.Simulator.Tests;

public sealed class SimulatorOptionsTests
{
    public static TheoryData<string, Action<SimulatorOptions>> Impossible => new()
    {
        { "Port", static options => options.Port = 70_000 },
        { "RequestsPerMinute", static options => options.RequestsPerMinute = 0 },
        { "TokensPerMinute", static options => options.TokensPerMinute = -5 },
        { "MaxConcurrent", static options => options.MaxConcurrent = -1 },
        { "LimitKind", static options => options.LimitKind = (LimitKind)9 },
        { "Burst", static options => options.Burst = TimeSpan.Zero },
        { "TimeToFirstToken", static options => options.TimeToFirstToken = TimeSpan.FromTicks(-1) },
        { "TimePerToken", static options => options.TimePerToken = TimeSpan.FromDays(2) },
        { "RetryAfter", static options => options.RetryAfter = TimeSpan.FromTicks(-1) },
        { "Jitter", static options => options.Jitter = double.NaN },
        { "AnswerTokens", static options => options.AnswerTokens = 0 },
        { "Faults", static options => options.Faults = null! },
        { "ApiKey", static options => options.ApiKey = "" },
        { "HistoryCapacity", static options => options.HistoryCapacity = -1 },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task An_impossible_option_is_refused_at_start_with_its_name(string option, Action<SimulatorOptions> change)
    {
        var options = new SimulatorOptions();
        change(options);

        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(() => SimulatorServer.StartAsync(options));

        Assert.StartsWith(option + " is ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_defaults_are_possible() => new SimulatorOptions().Validate();
}
