namespace AiLib.Dataflow.Tests.Harness;

/// <summary>Waits for a phase in real time. The bound is only ever reached by a test that fails; its message says what was waited for.</summary>
internal static class Patience
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <summary>Awaits a task, for so long at most.</summary>
    public static async Task<T> WithinPatienceAsync<T>(this Task<T> task, string phase, Func<object?>? actual = null)
    {
        await ((Task)task).WithinPatienceAsync(phase, actual);
        return await task;
    }

    /// <summary>Awaits a task, for so long at most.</summary>
    public static async Task WithinPatienceAsync(this Task task, string phase, Func<object?>? actual = null)
    {
        try
        {
            await task.WaitAsync(Longest, TimeProvider.System);
        }
        catch (TimeoutException late) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Waited {Longest.TotalSeconds} s for: {phase}. Actual: {actual?.Invoke() ?? "unknown"}.", late);
        }
    }

    /// <summary>Looks again and again until a condition holds.</summary>
    public static async Task UntilAsync(Func<bool> condition, string phase, Func<object?>? actual = null)
    {
        long end = TimeProvider.System.GetTimestamp() + (long)(Longest.TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (!condition())
        {
            if (TimeProvider.System.GetTimestamp() > end)
            {
                throw new TimeoutException($"Waited {Longest.TotalSeconds} s for: {phase}. Actual: {actual?.Invoke() ?? "unknown"}.");
            }

            await Task.Yield();
        }
    }
}
