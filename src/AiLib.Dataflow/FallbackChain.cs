using AiLib.Dataflow.Signals;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

/// <summary>Ordered failover over target ids: the operation runs at the first target that can answer. Usable alone.</summary>
/// <remarks>
/// Each target has a limiter, a breaker and an in-flight limit of its own, so a target that is down is passed over at once, and what one target's errors
/// trip never blocks another. Thread-safe; dispose it to drain it.
/// </remarks>
public sealed class FallbackChain : IAsyncDisposable
{
    private readonly RequestPipeline<Operation, bool> _pipeline;

    /// <summary>Creates a chain.</summary>
    /// <param name="targets">Target ids in fallback order, such as <c>openai/gpt-4o</c>.</param>
    /// <param name="configure">Changes the options of a target, named by its id. Default: one attempt at each, the other defaults.</param>
    /// <param name="onFallback">Called at each move to another target, the first one included.</param>
    /// <param name="timeProvider">The clock. Default: the system's.</param>
    /// <param name="classifier">Says what an exception means. Default: <see cref="OutcomeClassifier.Default"/>.</param>
    /// <exception cref="ConfigurationException">There is no target, an id is there twice, or an option is out of range.</exception>
    public FallbackChain(
        IEnumerable<string> targets,
        Action<string, TargetOptions>? configure = null,
        Action<RedirectEvent>? onFallback = null,
        TimeProvider? timeProvider = null,
        OutcomeClassifier? classifier = null)
    {
        ArgumentNullException.ThrowIfNull(targets);
        RequestPipelineBuilder<Operation, bool> builder = new RequestPipelineBuilder<Operation, bool>()
            .UseEnvironment(static _ => null)
            .UseTimeProvider(timeProvider ?? TimeProvider.System)
            .UseClassifier(classifier ?? OutcomeClassifier.Default);
        if (onFallback is not null)
        {
            builder.OnRedirect(onFallback);
        }

        OperationEndpoint endpoint = new();
        foreach (string target in targets)
        {
            builder.AddTarget(target, endpoint, options =>
            {
                options.Retry.MaxRetries = 0;
                configure?.Invoke(target, options);
            });
        }

        _pipeline = builder.Build();
    }

    /// <summary>Observes the chain.</summary>
    public PipelineSignals Signals => _pipeline.Signals;

    /// <summary>Runs an operation at the first target that answers.</summary>
    /// <param name="operation">The operation; it is given the id of the target.</param>
    /// <param name="cancellationToken">Gives up; the caller is answered at once.</param>
    /// <returns>The result, and the target it came from.</returns>
    /// <exception cref="RequestFailedException">No target answered; the inner exception is the last one's.</exception>
    public async ValueTask<FallbackResult<T>> ExecuteAsync<T>(
        Func<string, CancellationToken, ValueTask<T>> operation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operation);
        Operation<T> request = new(operation);
        Settled<Operation, bool> settled = await _pipeline.TrySendAsync(request, default, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        return settled.IsAnswered
            ? new FallbackResult<T>(request.Result, settled.Target!, settled.Attempts)
            : throw Settlement.Failure.ToException(settled.Outcome, settled.Target, settled.Attempts);
    }

    /// <summary>Waits for what runs, then stops.</summary>
    public ValueTask DisposeAsync() => _pipeline.DisposeAsync();
}

/// <summary>What a chain gave.</summary>
/// <param name="Value">The operation's result.</param>
/// <param name="Target">The target that answered.</param>
/// <param name="Attempts">Attempts made, over all targets.</param>
public readonly record struct FallbackResult<T>(T Value, string Target, int Attempts);
