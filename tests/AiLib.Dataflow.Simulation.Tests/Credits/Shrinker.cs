namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>Leaves out of a schedule whatever is not needed for it to go wrong.</summary>
internal static class Shrinker
{
    /// <summary>The least that is left; the schedule itself when it goes well.</summary>
    public static LedgerSchedule Shrink(LedgerSchedule schedule)
    {
        List<LedgerStep> steps = [.. schedule.Steps];
        for (int size = steps.Count / 2; size > 0; size = size > 1 ? size / 2 : TryWithout(1) ? 1 : 0)
        {
            TryWithout(size);
        }

        return schedule with { Steps = steps };

        bool TryWithout(int size)
        {
            bool any = false;
            for (int at = steps.Count - size; at >= 0; at -= size)
            {
                List<LedgerStep> fewer = [.. steps[..at], .. steps[(at + size)..]];
                if (GoesWrong(schedule with { Steps = fewer }))
                {
                    steps = fewer;
                    any = true;
                }
            }

            return any;
        }
    }

    private static bool GoesWrong(LedgerSchedule schedule)
    {
        try
        {
            LedgerRun.Run(schedule, new LedgerCounts());
            return false;
        }
        catch (Exception)
        {
            return true;
        }
    }
}
