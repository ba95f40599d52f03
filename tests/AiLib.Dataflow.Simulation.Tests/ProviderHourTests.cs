using System.Numerics;
using AiLib.Dataflow.Simulation.Tests.Credits;
using AiLib.Dataflow.Simulator;
using AiLib.Dataflow.VirtualWorld;

namespace AiLib.Dataflow.Simulation.Tests;

/// <summary>An hour of providers that exist, through the product's HTTP endpoint and the simulator without sockets: the quota is used, and hardly anything is refused.</summary>
public sealed class ProviderHourTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(61);

    [Theory]
    [InlineData("openai", "chat", 0.99, 0.001)]
    [InlineData("openai", "short", 0.97, 0.005)]
    [InlineData("azure", "chat", 0.97, 0.005)]
    [InlineData("azure", "short", 0.97, 0.005)]
    [InlineData("anthropic", "chat", 0.99, 0.001)]
    [InlineData("anthropic", "short", 0.97, 0.005)]
    public void An_hour_with_known_limits_uses_them_and_never_sends_more(string provider, string requests, double leastUse, double mostRefused)
    {
        ProviderProfile profile = ProviderProfile.Find(provider);

        IReadOnlyList<Arrival> arrivals = profile.Run(Sizes(requests), known: true, Length);

        ProviderRecord.Second seen = ProviderRecord.Of(arrivals).Between(TimeSpan.Zero, Length);
        AssertAllowed(profile.Settings, arrivals);
        AssertSentWithinLimit(profile.Settings.RequestsPerMinute!.Value, arrivals);
        AssertBars(profile.Settings.UseOf(seen, TimeSpan.Zero, Length), seen.RefusedShare, leastUse, mostRefused);
    }

    [Theory]
    [InlineData("openai", "chat")]
    [InlineData("openai", "short")]
    [InlineData("azure", "chat")]
    [InlineData("azure", "short")]
    [InlineData("anthropic", "chat")]
    [InlineData("anthropic", "short")]
    public void An_hour_with_limits_that_only_headers_tell_uses_them_after_the_first_minute(string provider, string requests)
    {
        ProviderProfile profile = ProviderProfile.Find(provider);

        IReadOnlyList<Arrival> arrivals = profile.Run(Sizes(requests), known: false, Length);

        ProviderRecord.Second seen = ProviderRecord.Of(arrivals).Between(Minute, Length);
        AssertAllowed(profile.Settings, arrivals);
        AssertBars(profile.Settings.UseOf(seen, Minute, Length), seen.RefusedShare, leastUse: 0.95, mostRefused: 0.01);
    }

    [Theory]
    [InlineData("openai", 500, 0)]
    [InlineData("openai", 500, 30)]
    [InlineData("openai", 1_000, 0)]
    [InlineData("openai", 1_000, 30)]
    [InlineData("anthropic", 500, 0)]
    [InlineData("anthropic", 500, 30)]
    [InlineData("anthropic", 1_000, 0)]
    [InlineData("anthropic", 1_000, 30)]
    public void An_hour_in_slices_that_are_no_whole_number_of_requests_finds_which_of_them_takes_one_more(string provider, long perMinute, int milliseconds)
    {
        // 500 a minute are 8, 8 and 9 in a second. Who keeps exactly that pace meets a second of 8 with 9 until a refusal has moved him to where it fits, and then never again.
        ProviderProfile profile = ProviderProfile.Find(provider);
        profile = profile with { Settings = profile.Settings with { RequestsPerMinute = perMinute, TokensPerMinute = 2_000_000, Way = TimeSpan.FromMilliseconds(milliseconds) } };

        IReadOnlyList<Arrival> arrivals = profile.Run(JobSizes.Short(), known: true, Length);

        ProviderRecord.Second seen = ProviderRecord.Of(arrivals).Between(TimeSpan.Zero, Length);
        AssertAllowed(profile.Settings, arrivals);
        AssertBars(profile.Settings.UseOf(seen, TimeSpan.Zero, Length), seen.RefusedShare, leastUse: 0.97, mostRefused: 0.005);
    }

    private static JobSizes Sizes(string requests) => requests == "chat" ? JobSizes.Chat() : JobSizes.Short();

    private static void AssertBars(double use, double refused, double leastUse, double mostRefused)
    {
        string figures = FormattableString.Invariant($"use {use:0.0000} (at least {leastUse}), 429s {refused:0.00000} (at most {mostRefused})");
        TestContext.Current.TestOutputHelper?.WriteLine(figures);
        Assert.True(use >= leastUse && refused <= mostRefused, figures);
    }

    /// <summary>What was answered is what the provider allows, by the definition of its windows and not by the limiters that decided.</summary>
    private static void AssertAllowed(ProviderSettings settings, IReadOnlyList<Arrival> arrivals)
    {
        Arrival[] served = [.. arrivals.Where(static arrival => arrival.Decision == ArrivalDecision.Served)];
        long requests = settings.RequestsPerMinute!.Value;
        long tokens = settings.TokensPerMinute!.Value;
        foreach (IGrouping<long, Arrival> second in served.GroupBy(static arrival => (long)arrival.At.TotalSeconds))
        {
            Assert.InRange(second.Count(), 1, Up(second.Key + 1) - Up(second.Key));
        }

        if (settings.Kind == LimitKind.FixedWindow)
        {
            Assert.All(served.GroupBy(static arrival => (long)arrival.At.TotalMinutes), minute => Assert.InRange(minute.Sum(static arrival => arrival.ChargedTokens), 1, tokens));
        }
        else
        {
            // A bucket of a minute's worth.
            AssertWindows("tokens answered", served, tokens, TimeSpan.TicksPerMinute, tokens, static arrival => arrival.ChargedTokens);
        }

        long Up(long second) => ((second * requests) + 59) / 60;
    }

    /// <summary>I6 where it counts, at the provider's door: over every window what the configured rate brings and a second's worth. As ailib run, it leaves nothing of it.</summary>
    private static void AssertSentWithinLimit(long perMinute, IReadOnlyList<Arrival> arrivals) =>
        AssertWindows("requests sent", arrivals, perMinute, TimeSpan.TicksPerMinute, Math.Max(1, perMinute / 60), static _ => 1);

    private static void AssertWindows(string name, IReadOnlyList<Arrival> arrivals, long credits, long inTicks, long burst, Func<Arrival, long> cost)
    {
        WindowLog log = new(name);
        long before = 0;
        foreach (Arrival arrival in arrivals)
        {
            log.Bring((BigInteger)credits * (arrival.At.Ticks - before));
            log.Take((BigInteger)cost(arrival) * inTicks, (BigInteger)burst * inTicks);
            before = arrival.At.Ticks;
        }
    }
}
