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
        long burst = flow + random.Scaled(1, 1_000);
        plan = plan.Tokens is null ? plan with { Burst = burst } : plan with { TokenBurst = burst };
        HandTime time = new(frequency);
        RateLimiter limiter = new(plan.ToOptions(), time);
        BigInteger used = 0;
        for (int request = 0; request < Requests; request++)
        {
            long cost = plan.Tokens is null ? 0 : random.Scaled(1, burst - flow);
            BigInteger missing = (used + Math.Max(1, cost) - burst) * units;
            long due = missing <= 0 ? 0 : (long)((missing + credits - 1) / credits);
            if (due > time.Now)
            {
                time.Now = due - 1;
                Check(!limiter.TryReserve(cost, out _, out _), "I6", $"{plan}: request {request} starts before {due}");
                time.Now = due;
            }

            Check(limiter.TryReserve(cost, out RateReservation reservation, out TimeSpan wait), "I7", $"{plan}: request {request}, due at {due}, is told to wait {wait}");
            long real = plan.Tokens is null ? 1 : random.Percent(50) ? cost : random.Next(3) * cost / 2;
            limiter.Settle(reservation, real);
            used += real;
        }
    }

    private static (LimitPlan Plan, BigInteger Credits, BigInteger Units) Draw(SeededRandom random, long frequency, int headroom)
    {
        LimitPlan none = new(null, null, null, null, null, headroom, Learns: true);
        switch (random.Next(3))
        {
            case 0:
                long micro = random.Scaled(1_000, 1_000_000_000_000);
                return (none with { MicroPerSecond = micro }, Math.Max(1, (long)((Int128)micro * (1_000_000 - headroom) / 1_000_000)), (BigInteger)1_000_000 * frequency);
            case 1:
                long minute = random.Scaled(1, 60_000_000);
                return (none with { PerMinute = minute }, (BigInteger)minute * (1_000_000 - headroom), (BigInteger)60_000_000 * frequency);
            default:
                long tokens = random.Scaled(1, 1_000_000_000);
                return (none with { Tokens = tokens }, (BigInteger)tokens * (1_000_000 - headroom), (BigInteger)60_000_000 * frequency);
        }
    }

    private static void Check(bool holds, string invariant, string what)
    {
        if (!holds)
        {
            throw new SimulationFailure(invariant, what);
        }
    }
}
