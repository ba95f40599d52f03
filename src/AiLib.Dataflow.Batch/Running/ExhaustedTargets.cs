using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Running;

/// <summary>Remembers which targets are exhausted and until when, for those who are told how a run ended.</summary>
/// <remarks>For one thread.</remarks>
internal sealed class ExhaustedTargets(TimeProvider timeProvider)
{
    private readonly Dictionary<string, ExhaustedTarget> _targets = new(StringComparer.Ordinal);

    /// <summary>Those there are, the first that is there again first.</summary>
    public IReadOnlyList<ExhaustedTarget> Read() => [.. _targets.Values.OrderBy(target => target.Until)];

    /// <summary>Looks at what came of a request.</summary>
    public void Look(in Settled<BatchRequest, ProviderResponse> settled)
    {
        if (settled is { Target: { } target, Outcome: { Kind: OutcomeKind.Exhausted, RetryAfter: { } wait } } && wait > TimeSpan.Zero)
        {
            // A target may say any time, and time ends somewhere.
            DateTimeOffset now = timeProvider.GetUtcNow();
            DateTimeOffset until = wait < DateTimeOffset.MaxValue - now ? now + wait : DateTimeOffset.MaxValue;
            long before = _targets.TryGetValue(target, out ExhaustedTarget? known) ? known.Requests : 0;
            _targets[target] = new ExhaustedTarget(target, wait, until, before + 1);
        }
    }
}
