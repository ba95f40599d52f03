using System.Numerics;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>Demand that never ends at one limit. Then there is a formula for when each request starts, without any bucket: when what was used before it, less the burst, has flowed in.</summary>
internal static class Saturation
{
    private const int Requests = 100;

    /// <summary>Runs one limit at random until so many have started.</summary>
    public static void Run(SeededRandom random)
    {
        long frequency = random.OneOf(10_000_000L, 1_000_000_000, 24_000_000, 1_000, 3_579_545);
        int headroom = random.OneOf(0, 0, 5_000, random.Between(0, 500_000));
        (LimitPlan plan, BigInteger credits, BigInteger units) = Draw(random, frequency, headroom);

        // What flows in with one unit of time, rounded up. A bucket that is full to the brim loses as much, as it must: who starts late by a part of a unit may not let the next
        // one start earlier. So here it never is.
        long flow = (long)((credits + units - 1) / units);
        long burst = plan.DayRequests ?? plan.DayTokens ?? flow + random.Scaled(1, 1_000);
        bool ofRequests = plan.MicroPerSecond is not null || plan.PerMinute is not null || plan.DayRequests is not null;
        plan = plan with
        {
            Burst = ofRequests && plan.DayRequests is null ? burst : null,
            TokenBurst = plan.Tokens is null ? null : burst,
            InputBurst = plan.Input is null ? null : burst,
            OutputBurst = plan.Output is null ? null : burst,
        };
        HandTime time = new(frequency);
        RateLimiter limiter = new(plan.ToOptions(), time);
        BigInteger used = 0;
        for (int request = 0; request < Requests; request++)
        {
            long cost = ofRequests ? 0 : random.Scaled(1, burst - flow);
            BigInteger missing = (used + Math.Max(1, cost) - burst) * units;
            long due = missing <= 0 ? 0 : (long)((missing + credits - 1) / credits);
            if (due > time.Now)
            {
                time.Now = due - 1;
                Check(!limiter.TryReserve(Of(plan, cost), out _, out _), "I6", $"{plan}: request {request} starts before {due}");
                time.Now = due;
            }

            Check(limiter.TryReserve(Of(plan, cost), out RateReservation reservation, out TimeSpan wait), "I7", $"{plan}: request {request}, due at {due}, is told to wait {wait}");
            long real = ofRequests ? 1 : random.Percent(50) ? cost : random.Next(3) * cost / 2;
            limiter.Settle(reservation, Of(plan, real));
            used += real;
        }
    }

    private static (LimitPlan Plan, BigInteger Credits, BigInteger Units) Draw(SeededRandom random, long frequency, int headroom)
    {
        LimitPlan none = new(null, null, null, null, null, headroom, Learns: true);
        switch (random.Next(7))
        {
            case 0:
                long micro = random.Scaled(1_000, 1_000_000_000_000);
                return (none with { MicroPerSecond = micro }, Math.Max(1, (long)((Int128)micro * (1_000_000 - headroom) / 1_000_000)), (BigInteger)1_000_000 * frequency);
            case 1:
                long minute = random.Scaled(1, 60_000_000);
                return (none with { PerMinute = minute }, (BigInteger)minute * (1_000_000 - headroom), (BigInteger)60_000_000 * frequency);
            case 2:
                long day = random.Scaled(2, 1_000_000);
                return (none with { DayRequests = day }, (BigInteger)day * (1_000_000 - OfDay(headroom)), (BigInteger)86_400_000_000 * frequency);
            case 3:
                long dayTokens = random.Scaled(1_000, 10_000_000_000);
                return (none with { DayTokens = dayTokens }, (BigInteger)dayTokens * (1_000_000 - OfDay(headroom)), (BigInteger)86_400_000_000 * frequency);
            case 4:
                long input = random.Scaled(1, 1_000_000_000);
                return (none with { Input = input }, (BigInteger)input * (1_000_000 - headroom), (BigInteger)60_000_000 * frequency);
            case 5:
                long output = random.Scaled(1, 1_000_000_000);
                return (none with { Output = output }, (BigInteger)output * (1_000_000 - headroom), (BigInteger)60_000_000 * frequency);
            default:
                long tokens = random.Scaled(1, 1_000_000_000);
                return (none with { Tokens = tokens }, (BigInteger)tokens * (1_000_000 - headroom), (BigInteger)60_000_000 * frequency);
        }
    }

    private static int OfDay(int headroom) => (headroom + 99) / 100 * 100;

    private static TokenCost Of(LimitPlan plan, long cost) => plan.Input is not null ? new TokenCost(cost, 7) : plan.Output is not null ? new TokenCost(7, cost) : cost;

    private static void Check(bool holds, string invariant, string what)
    {
        if (!holds)
        {
            throw new SimulationFailure(invariant, what);
        }
    }
}
