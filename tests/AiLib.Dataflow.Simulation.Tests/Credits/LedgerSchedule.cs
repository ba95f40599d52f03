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
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

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
        LimitPlan usual = new(
            second,
            minute,
            token,
            (second ?? minute) is not null && random.Percent(60) ? random.Scaled(1, burst) : null,
            token is not null && random.Percent(60) ? random.Scaled(1, tokens) : null,
            random.Percent(50) ? 0 : random.OneOf(5_000, random.Between(0, 500_000)),
            Learns: random.Percent(85))
        {
            RequestHeadroom = random.Percent(60) ? null : random.OneOf(0, (int)random.Between(0, 500_000)),
        };
        if (random.Percent(45))
        {
            return usual;
        }

        long? input = random.Percent(50) ? random.Scaled(1, tokens) : null;
        long? output = random.Percent(50) ? random.Scaled(1, tokens) : null;
        return usual with
        {
            Input = input,
            InputBurst = input is not null && random.Percent(40) ? random.Scaled(1, tokens) : null,
            Output = output,
            OutputBurst = output is not null && random.Percent(40) ? random.Scaled(1, tokens) : null,
            DayRequests = random.Percent(40) ? random.Scaled(1, perMinute * 20) : null,
            DayTokens = random.Percent(40) ? random.Scaled(1, tokens * 20) : null,
        };
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

    private static TokenCost DrawCost(SeededRandom random, LimitPlan plan)
    {
        long largest = Largest(plan);
        long total = random.Next(100) switch
        {
            < 8 => 0,
            < 80 => random.Scaled(1, largest),
            < 92 => largest,
            _ => largest + random.Scaled(1, largest),
        };
        return Divide(random, plan, total);
    }

    // A third is not divided; of the others some are exactly as large in one part as may be.
    private static TokenCost Divide(SeededRandom random, LimitPlan plan, long total) => random.Next(12) switch
    {
        < 4 => total,
        4 => new TokenCost(plan.LargestInput ?? total, total / 7),
        5 => new TokenCost(total / 7, plan.LargestOutput ?? total),
        6 => new TokenCost(total, 0),
        7 => new TokenCost(0, total),
        _ => new TokenCost(total - (total / random.Between(2, 9)), total / 9),
    };

    private static long Largest(LimitPlan plan) =>
        Math.Min(plan.LargestCost ?? long.MaxValue, Math.Min(plan.LargestInput ?? long.MaxValue, plan.LargestOutput ?? long.MaxValue)) is var most && most < long.MaxValue ? most : 1_000;

    // Where nothing comes back it is what was estimated, or more: the largest number stands for that, because the estimate is not known here.
    private static TokenCost? DrawReal(SeededRandom random, LimitPlan plan, bool givesBack) => random.Percent(25) ? null
        : givesBack ? Divide(random, plan, random.Percent(10) ? 0 : random.Scaled(1, 3 * Largest(plan)))
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
            QuotaDimension dimension = random.Percent(35) ? random.OneOf(QuotaDimension.InputTokens, QuotaDimension.OutputTokens)
                : random.OneOf(QuotaDimension.Requests, QuotaDimension.Tokens);
            bool isOfDay = random.Percent(20);
            long usual = (dimension switch
            {
                QuotaDimension.Requests => isOfDay ? plan.DayRequests : plan.PerMinute,
                QuotaDimension.Tokens => isOfDay ? plan.DayTokens : plan.Tokens,
                QuotaDimension.InputTokens => plan.Input,
                _ => plan.Output,
            }) ?? 1_000;
            long limit = random.Percent(6) ? random.OneOf(0, long.MaxValue, 1_000_000_001, 100_000_000_001) : Math.Max(1, random.Scaled(1, 20) * usual / 10);
            TimeSpan? window = isOfDay ? random.OneOf(Day, Day, TimeSpan.FromHours(2)) : random.Next(12) switch
            {
                0 => null,
                1 => random.OneOf(TimeSpan.Zero, TimeSpan.FromTicks(9_999), Minute + TimeSpan.FromTicks(1), TimeSpan.FromHours(1), Day, Day + TimeSpan.FromTicks(1)),
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
