using AiLib.Dataflow.Batch.Input;

namespace AiLib.Dataflow.Batch;

/// <summary>Says which options of a job cannot be, or cannot be together, before a file is looked at.</summary>
internal static class JobOptionsCheck
{
    // Less than the longest timer, by far.
    private static readonly TimeSpan LongestWaitForQuota = TimeSpan.FromDays(30);

    /// <summary>Checks them all.</summary>
    /// <exception cref="ConfigurationException">Two of them contradict each other.</exception>
    /// <exception cref="ArgumentException">One of them is impossible.</exception>
    public static void Check(BatchJobOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxLineBytes, 1, nameof(options.MaxLineBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxLineBytes, BatchInput.HardMaxLineBytes, nameof(options.MaxLineBytes));
        if (options.Dedupe && (options.Ordered || options.InputStream is not null || options.ResultsStream is not null))
        {
            throw new ConfigurationException(
                ["--dedupe writes the answers of equal requests at the end and reads both files again: not with --ordered, standard input or standard output."]);
        }

        if (options.WaitForQuota is not null && options.Ordered)
        {
            throw new ConfigurationException(
                ["--wait-for-quota lets other requests go ahead of those that wait, and --ordered keeps all in their order; leave one of them out."]);
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero((options.WaitForQuota ?? LongestWaitForQuota).Ticks, nameof(options.WaitForQuota));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.WaitForQuota ?? LongestWaitForQuota, LongestWaitForQuota, nameof(options.WaitForQuota));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxCalls ?? 1, 1, nameof(options.MaxCalls));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.BudgetUsd ?? 1, nameof(options.BudgetUsd));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.StopAtFailureShare ?? 1, nameof(options.StopAtFailureShare));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.DrainTimeout, TimeSpan.Zero, nameof(options.DrainTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Deadline ?? TimeSpan.MaxValue, TimeSpan.Zero, nameof(options.Deadline));
    }
}
