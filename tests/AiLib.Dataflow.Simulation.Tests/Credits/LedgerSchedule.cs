using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>What happens to one ledger, one after the other.</summary>
/// <param name="Frequency">Timestamp units in a second.</param>
/// <param name="Plan">The limits at the beginning.</param>
/// <param name="Steps">What happens.</param>
internal sealed record LedgerSchedule(long Frequency, LimitPlan Plan, IReadOnlyList<LedgerStep> Steps)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>A schedule at random.</summary>
    public static LedgerSchedule Draw(SeededRandom random)
    {
        // Of Windows, of Linux, of some processors, a coarse one, and one that divides nothing.
        long frequency = random.OneOf(10_000_000L, 1_000_000_000, 24_000_000, 1_000, 3_579_545);
        Size size = (Size)random.Next(3);
        LimitPlan first = DrawPlan(random, size);

        // Where nobody ever gets more back than he gives, what is estimated is what is bounded.
        bool givesBack = random.Percent(50);
        LimitPlan plan = first;
        LedgerStep[] steps = new LedgerStep[random.Between(8, 60)];
        for (int index = 0; index < steps.Length; index++)
        {
            steps[index] = DrawStep(random, size, plan, frequency, givesBack);
            plan = steps[index].Plan ?? plan;
        }

        return new LedgerSchedule(frequency, first, steps);
    }

    public override string ToString() => $"{Frequency} units a second, {Plan}\n{string.Join('\n', Steps)}";

    private static LimitPlan DrawPlan(SeededRandom random, Size size)
    {
        (long leastMicro, long mostMicro, long perMinute, long tokens, long burst) = size switch
        {
            Size.Small => (1_000, 20_000_000, 300, 5_000, 20),
            Size.Usual => (1_000_000, 1_000_000_000, 60_000, 30_000_000, 500),
            _ => (1_000, 1_000_000_000_000_000, 60_000_000, 100_000_000_000, 1_000_000_000),
        };
        long? second = random.Percent(30) ? random.Scaled(leastMicro, mostMicro) : null;
        long? minute = random.Percent(60) ? random.Scaled(1, perMinute) : null;
        long? token = random.Percent(65) ? random.Scaled(1, tokens) : null;
        return new LimitPlan(
            second,
            minute,
            token,
            (second ?? minute) is not null && random.Percent(60) ? random.Scaled(1, burst) : null,
            token is not null && random.Percent(60) ? random.Scaled(1, tokens) : null,
            random.Percent(50) ? 0 : random.OneOf(5_000, random.Between(0, 500_000)),
            Learns: random.Percent(85));
    }

    private static LedgerStep DrawStep(SeededRandom random, Size size, LimitPlan plan, long frequency, bool givesBack)
    {
        int draw = random.Next(100);
        int pick = random.Next(1_000);
        return draw switch
        {
            < 14 => new(StepKind.Pass, Units: random.Percent(10) ? random.Scaled(frequency, frequency * 100_000) : random.Scaled(1, frequency * 100)),
            < 34 => new(StepKind.Reserve, Cost: DrawCost(random, plan)),
            < 62 => new(StepKind.ReserveWhenDue, Cost: DrawCost(random, plan)),
            < 65 => new(StepKind.ReserveLate, Cost: DrawCost(random, plan), Units: random.Scaled(1, frequency * 10)),
            < 79 => new(StepKind.Answer, pick, Cost: DrawReal(random, plan, givesBack), Readings: random.Percent(60) ? DrawReadings(random, plan) : []),
            < 91 => new(StepKind.Refuse, pick, Cost: random.Percent(70) && givesBack ? 0 : null, Wait: DrawWait(random), Readings: random.Percent(30) ? DrawReadings(random, plan) : []),
            < 94 when givesBack => new(StepKind.Refund, pick),
            _ => new(StepKind.Update, Plan: random.Percent(10) ? plan : DrawPlan(random, size)),
        };
    }

    private static long DrawCost(SeededRandom random, LimitPlan plan)
    {
        long largest = plan.LargestCost ?? 1_000;
        return random.Next(100) switch
        {
            < 8 => 0,
            < 80 => random.Scaled(1, largest),
            < 92 => largest,
            _ => largest + random.Scaled(1, largest),
        };
    }

    // Where nothing comes back it is what was estimated, or more: the largest number stands for that, because the estimate is not known here.
    private static long? DrawReal(SeededRandom random, LimitPlan plan, bool givesBack) => random.Percent(25) ? null
        : givesBack ? random.Percent(10) ? 0 : random.Scaled(1, 3 * (plan.LargestCost ?? 1_000))
        : LedgerRun.MoreThanEstimated;

    private static TimeSpan DrawWait(SeededRandom random) => random.Next(10) switch
    {
        0 => TimeSpan.Zero,
        1 => TimeSpan.FromTicks(random.Scaled(1, 9_999)),
        2 => TimeSpan.FromMilliseconds(-1),
        3 => TimeSpan.FromSeconds(random.Scaled(60, 100_000)),
        4 => TimeSpan.FromTicks(random.OneOf(long.MaxValue, Minute.Ticks * 2, TimeSpan.TicksPerSecond / 4)),
        _ => TimeSpan.FromMilliseconds(random.Scaled(1, 60_000)),
    };

    private static QuotaReading[] DrawReadings(SeededRandom random, LimitPlan plan)
    {
        QuotaReading[] readings = new QuotaReading[random.Between(1, 3)];
        foreach (ref QuotaReading reading in readings.AsSpan())
        {
            QuotaDimension dimension = random.Percent(10) ? random.OneOf(QuotaDimension.InputTokens, QuotaDimension.OutputTokens)
                : random.OneOf(QuotaDimension.Requests, QuotaDimension.Tokens);
            long usual = (dimension == QuotaDimension.Tokens ? plan.Tokens : plan.PerMinute) ?? 1_000;
            long limit = random.Percent(6) ? random.OneOf(0, long.MaxValue, 1_000_000_001, 100_000_000_001) : Math.Max(1, random.Scaled(1, 20) * usual / 10);
            TimeSpan? window = random.Next(12) switch
            {
                0 => null,
                1 => random.OneOf(TimeSpan.Zero, TimeSpan.FromTicks(9_999), Minute + TimeSpan.FromTicks(1), TimeSpan.FromDays(1)),
                2 or 3 => Second,
                4 => TimeSpan.FromMilliseconds(random.OneOf(1, 20, 500, 1_001, 6_000)),
                _ => Minute,
            };
            long? remaining = random.Percent(15) ? null : random.Percent(4) ? long.MaxValue : random.Percent(15) ? 0 : random.Scaled(1, Math.Max(1, limit));
            reading = new QuotaReading(dimension, window, random.Percent(10) ? null : limit, remaining, random.Percent(20) ? TimeSpan.FromSeconds(random.Next(1_000_000)) : null);
        }

        return readings;
    }

    // A few requests a minute; what providers give; and as far as can be configured.
    private enum Size
    {
        Small,
        Usual,
        Extreme,
    }
}
