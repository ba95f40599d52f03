using AiLib.Dataflow.Simulator.Desk;
using AiLib.Dataflow.Simulator.Limits;
using AiLib.Dataflow.Simulator.Timing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Desk;

public sealed class FrontDeskTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Above_the_concurrency_limit_a_request_is_refused_until_another_leaves()
    {
        FrontDesk desk = Create(new SimulatorOptions { MaxConcurrent = 1 });
        Assert.Equal(ArrivalDecision.Served, desk.Decide(CallOf(1)).Decision);

        Ruling refused = desk.Decide(CallOf(2));
        desk.Leave(abandoned: false);
        Ruling admitted = desk.Decide(CallOf(2));

        Assert.Equal(RefusedBy.Concurrency, refused.Refusal?.Kind);
        Assert.Equal(ArrivalDecision.Served, admitted.Decision);
        Assert.Equal(2, admitted.Attempt);
        Assert.Equal(1, desk.Counts.MostInFlight);
    }

    [Fact]
    public void A_failed_call_has_counted_against_the_limit()
    {
        FrontDesk desk = Create(new SimulatorOptions { RequestsPerMinute = 2, Faults = FaultRates.Parse("500=1") });

        Assert.Equal(ArrivalDecision.Faulted, desk.Decide(CallOf(1)).Decision);
        Assert.Equal(ArrivalDecision.Faulted, desk.Decide(CallOf(1)).Decision);
        Assert.Equal(ArrivalDecision.RateLimited, desk.Decide(CallOf(1)).Decision);
    }

    [Fact]
    public void A_change_that_throws_or_is_impossible_changes_nothing()
    {
        FrontDesk desk = Create(new SimulatorOptions { RequestsPerMinute = 5 });

        Assert.Throws<ArgumentException>(() => desk.Update(static options => options.RequestsPerMinute = -1));
        Assert.Throws<ArgumentException>(() => desk.Update(static options => options.Seed = 99));
        Assert.Throws<ArgumentException>(() => desk.Update(static options => options.Port = 99));
        Assert.Throws<ArgumentException>(() => desk.Update(static options => options.HistoryCapacity = 99));
        Assert.Throws<InvalidOperationException>(() => desk.Update(static _ => throw new InvalidOperationException()));

        Assert.Equal(5, desk.Options.RequestsPerMinute);
    }

    [Fact]
    public void The_object_a_change_was_given_has_no_effect_afterwards()
    {
        FrontDesk desk = Create(new SimulatorOptions());
        SimulatorOptions? kept = null;
        desk.Update(options => kept = options);

        kept!.AnswerTokens = 7;

        Assert.Equal(64, desk.Options.AnswerTokens);
    }

    [Fact]
    public void History_order_is_the_order_of_time_and_of_decisions_under_concurrency()
    {
        FrontDesk desk = Create(new SimulatorOptions { RequestsPerMinute = 500 });

        Parallel.For(0, 2000, index =>
        {
            if (desk.Decide(CallOf((ulong)index)).Refusal is null)
            {
                desk.Leave(abandoned: false);
            }

            _time.Advance(TimeSpan.FromTicks(1));
        });

        IReadOnlyList<Arrival> history = desk.History.Snapshot();
        Assert.Equal(Enumerable.Range(1, 2000).Select(static sequence => (long)sequence), history.Select(static arrival => arrival.Sequence));
        Assert.Equal(history.Select(static arrival => arrival.At).Order(), history.Select(static arrival => arrival.At));
        Assert.All(history, static arrival => Assert.Equal(arrival.Sequence <= 500, arrival.Decision == ArrivalDecision.Served));
        Assert.Equal(0, desk.Counts.InFlight);
    }

    [Fact]
    public void Reset_forgets_counts_attempts_and_used_credits_but_not_what_is_in_flight()
    {
        FrontDesk desk = Create(new SimulatorOptions { RequestsPerMinute = 1 });
        desk.Decide(CallOf(1));

        desk.Reset();

        Assert.Equal(new SimulatorCounts { InFlight = 1, MostInFlight = 1 }, desk.Counts);
        Ruling again = desk.Decide(CallOf(1));
        Assert.Equal(ArrivalDecision.Served, again.Decision);
        Assert.Equal(1, again.Attempt);
        Assert.Equal(1, Assert.Single(desk.History.Snapshot()).Sequence);
    }

    private static Call CallOf(ulong fingerprint) => new("/v1/chat/completions", null, fingerprint, 10, 5, 15, Streamed: false);

    private FrontDesk Create(SimulatorOptions options) => new(options, new SimulatorClock(_time));
}
