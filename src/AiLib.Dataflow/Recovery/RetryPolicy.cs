using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Recovery;

/// <summary>Exponential backoff with jitter, and the server's own wait in its place. Usable alone.</summary>
/// <remarks>Thread-safe. The arithmetic is pure; only <see cref="ExecuteAsync"/> has a clock.</remarks>
public sealed class RetryPolicy
{
    /// <summary>Up to this share is added to a server's wait at random, so that those who were told the same do not come back in the same instant.</summary>
    /// <remarks>A thousand that wait a second come back twenty in a millisecond; more would make the last answer later by as much.</remarks>
    internal const double ServerWaitSpread = 0.05;

    private readonly RetryOptions _options;
    private readonly OutcomeClassifier _classifier;
    private readonly TimeProvider _timeProvider;
    private readonly JitterSource _jitter;

    /// <summary>Creates a policy.</summary>
    /// <param name="options">How often and after which waits. Default: 3 retries, 1 s doubling up to 30 s, full jitter.</param>
    /// <param name="timeProvider">The clock of <see cref="ExecuteAsync"/>. Default: the system's.</param>
    /// <param name="classifier">Says what an exception means. Default: <see cref="OutcomeClassifier.Default"/>.</param>
    /// <param name="seed">Makes the jitter repeatable. Default: unpredictable.</param>
    /// <exception cref="ConfigurationException">A setting is out of range.</exception>
    public RetryPolicy(RetryOptions? options = null, TimeProvider? timeProvider = null, OutcomeClassifier? classifier = null, long? seed = null)
    {
        _options = (options ?? new RetryOptions()) with { };
        SettingsCheck check = new();
        _options.Check(check);
        check.ThrowIfAny();
        _timeProvider = timeProvider ?? TimeProvider.System;
        _classifier = classifier ?? OutcomeClassifier.Default;
        _jitter = seed is { } given ? new JitterSource((ulong)given) : JitterSource.Unpredictable();
    }

    /// <summary>Attempts at one target, the first included.</summary>
    public int MaxAttempts => _options.MaxRetries + 1;

    /// <summary>The longest wait a target may ask for.</summary>
    public TimeSpan MaxServerDelay => _options.MaxServerDelay;

    /// <summary>The wait after a failed attempt.</summary>
    /// <param name="attempt">The number of the attempt that failed, from 1.</param>
    /// <param name="retryAfter">What the server asked for; zero and null mean that it said nothing useful.</param>
    /// <param name="jitter">A random number, at least 0 and less than 1.</param>
    public TimeSpan DelayAfter(int attempt, TimeSpan? retryAfter, double jitter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);
        if (retryAfter is { } asked && asked > TimeSpan.Zero)
        {
            // Never before what was asked for. A wait beyond all reason stays one that a time span can hold.
            double spread = asked.Ticks * ServerWaitSpread * jitter;
            return spread < (TimeSpan.MaxValue - asked).Ticks ? asked + TimeSpan.FromTicks((long)spread) : TimeSpan.MaxValue;
        }

        // Clamped as a floating-point number, which has room for infinity, before it becomes a time span, which has not.
        double backoff = _options.InitialDelay.TotalSeconds * Math.Pow(_options.BackoffMultiplier, attempt - 1);
        double longest = _options.MaxDelay.TotalSeconds;
        double bounded = backoff < longest ? backoff : (_options.InitialDelay == TimeSpan.Zero ? 0 : longest);
        return TimeSpan.FromSeconds(_options.Jitter switch
        {
            Jitter.Full => bounded * jitter,
            Jitter.Half => bounded * (0.5 + (0.5 * jitter)),
            _ => bounded,
        });
    }

    /// <summary>Runs an operation, again after a wait while its error may be retried: alone, without a pipeline.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="cancellationToken">Handed to the operation; also ends a wait.</param>
    /// <returns>The operation's result. The last error is thrown as it is.</returns>
    public async ValueTask<T> ExecuteAsync<T>(Func<CancellationToken, ValueTask<T>> operation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operation);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await operation(cancellationToken).ConfigureAwait(Continuations.KeepContext);
            }
            catch (Exception error) when (attempt < MaxAttempts && !cancellationToken.IsCancellationRequested && _classifier.Classify(error).CanRetry())
            {
                // Waited for below, outside the handler.
            }

            await Task.Delay(DelayAfter(attempt, retryAfter: null, _jitter.Next()), _timeProvider, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }
    }
}
