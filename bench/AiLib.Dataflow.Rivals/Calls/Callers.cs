namespace AiLib.Dataflow.Rivals.Calls;

/// <summary>Callers that each make one call after the other, all of them at once.</summary>
public static class Callers
{
    /// <summary>Makes the calls and checks that all were answered.</summary>
    /// <param name="rival">Who is called.</param>
    /// <param name="callers">How many call at once.</param>
    /// <param name="calls">How many calls they make, all together.</param>
    /// <exception cref="InvalidOperationException">An answer is missing, wrong, or there twice.</exception>
    public static async Task<long> RunCheckedAsync(this ICallRival rival, int callers, int calls)
    {
        Task<long>[] running = new Task<long>[callers];
        for (int caller = 0; caller < callers; caller++)
        {
            running[caller] = CallAsync(rival, caller, callers, calls);
        }

        long sum = 0;
        foreach (Task<long> caller in running)
        {
            sum += await caller.ConfigureAwait(false);
        }

        return Answers.Check(rival.Name, calls, sum);
    }

    private static async Task<long> CallAsync(ICallRival rival, int first, int step, int calls)
    {
        // Callers come from the pool, as those of a server do, not one after the other from whoever starts them.
        await Task.Yield();
        long sum = 0;
        for (int request = first; request < calls; request += step)
        {
            sum += await rival.CallAsync(request).ConfigureAwait(false);
        }

        return sum;
    }
}
