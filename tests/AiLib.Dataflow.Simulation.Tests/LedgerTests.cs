using AiLib.Dataflow.Simulation.Tests.Credits;
using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests;

/// <summary>I6 to I8 of the ledger alone: whatever is configured, used, told and changed, it lets through what it shall, to the last unit of time.</summary>
public sealed class LedgerTests
{
    private static int Seeds => Simulation.Seeds(100_000);

    [Fact]
    [Trait("Invariant", "I6")]
    [Trait("Invariant", "I7")]
    [Trait("Invariant", "I8")]
    public void Every_schedule_goes_as_the_exact_model_says()
    {
        LedgerCounts counts = new();
        Simulation.ForEachSeed(Seeds, seed =>
        {
            LedgerSchedule schedule = LedgerSchedule.Draw(new SeededRandom(seed));
            try
            {
                LedgerRun.Run(schedule, counts);
            }
            catch (Exception failure)
            {
                LedgerSchedule least = Shrinker.Shrink(schedule);
                string why = Assert.ThrowsAny<Exception>(() => LedgerRun.Run(least, new LedgerCounts())).Message;
                throw new InvalidOperationException($"{failure.Message}\nThe least that goes wrong, {why}:\n{least}", failure);
            }
        });

        string table = string.Join('\n', counts.All.Select(static what => $"{what.Name,-24} {what.Count,12:N0}"));
        TestContext.Current.TestOutputHelper?.WriteLine(table);
        Assert.All(counts.All, what => Assert.True(what.Count >= Seeds / 100 || Simulation.IsOneSeed, table));
    }

    [Fact]
    [Trait("Invariant", "I6")]
    [Trait("Invariant", "I7")]
    public void Whoever_always_asks_gets_each_credit_when_it_is_due_and_not_a_unit_of_time_sooner_or_later() =>
        Simulation.ForEachSeed(Seeds / 10, static seed => Saturation.Run(new SeededRandom(seed)));
}
