using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Running;

/// <summary>Says when so many requests have failed that the rest should not be paid for before somebody has looked.</summary>
/// <remarks>For one thread. Of this run only: a job that was looked at and goes on begins to count anew.</remarks>
/// <param name="share">The share of failures, from 0 to 1; null for never.</param>
internal sealed class FailureWatch(double? share)
{
    /// <summary>Fewer say nothing.</summary>
    public const int Enough = 50;

    private readonly Dictionary<ProviderErrorCode, long> _byCode = [];
    private long _all;
    private long _failed;

    /// <summary>Looks at what came of a request.</summary>
    /// <param name="code">The code of its failure; null when it was answered.</param>
    /// <returns>Why the job should stop, as a sentence; null when it should not.</returns>
    public string? Look(ProviderErrorCode? code)
    {
        _all++;
        if (code is { } failure)
        {
            _failed++;
            _byCode[failure] = _byCode.GetValueOrDefault(failure) + 1;
        }

        // Only a failure can be the one too many.
        if (share is null || code is null || _all < Enough || _failed < share * _all)
        {
            return null;
        }

        (ProviderErrorCode most, long count) = _byCode.MaxBy(static pair => pair.Value);
        return FormattableString.Invariant(
            $"{_failed:N0} of {_all:N0} requests failed, {count:N0} of them with {FailureCode.Prefix}{most.ToText()} ({most.ToName()}); they are in the errors file.");
    }
}
