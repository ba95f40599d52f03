using System.Runtime.ExceptionServices;
using AiLib.Dataflow.Signals;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

/// <summary>Retry, rate limit, circuit breaker and in-flight limit around any operation: a pipeline with one target, as a function.</summary>
/// <remarks>
/// Every attempt pays: a permit, a credit, a look at the circuit. A wait between attempts holds none of them. Thread-safe; dispose it to drain it.
/// </remarks>
public sealed class ResilientExecutor : IAsyncDisposable
{
    private const string Target = "operation";

    private readonly RequestPipeline<Operation, bool> _pipeline;

    /// <summary>Creates an executor with the defaults and the <c>AI_LIB_*</c> environment variables.</summary>
    public ResilientExecutor()
        : this(ResilienceOptions.FromEnvironment())
    {
    }

    /// <summary>Creates an executor.</summary>
    /// <param name="options">The four settings; taken as they are, without the environment.</param>
    /// <param name="timeProvider">The clock. Default: the system's.</param>
    /// <param name="classifier">Says what an exception means. Default: <see cref="OutcomeClassifier.Default"/>.</param>
    /// <exception cref="ConfigurationException">Something is wrong with the settings; all of it is said.</exception>
    public ResilientExecutor(ResilienceOptions options, TimeProvider? timeProvider = null, OutcomeClassifier? classifier = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _pipeline = new RequestPipelineBuilder<Operation, bool>()
            .UseEnvironment(static _ => null)
            .UseTimeProvider(timeProvider ?? TimeProvider.System)
            .UseClassifier(classifier ?? OutcomeClassifier.Default)
            .AddTarget(Target, new OperationEndpoint(), target => target.CopyFrom(options))
            .Build();
    }

    /// <summary>Observes the executor.</summary>
    public PipelineSignals Signals => _pipeline.Signals;

    /// <summary>Runs an operation, again while its error may be retried.</summary>
    /// <param name="operation">The operation. It gets a token that is cancelled when its attempt's time is up or the caller gives up.</param>
    /// <param name="cancellationToken">Gives up; the caller is answered at once.</param>
    /// <returns>The operation's result. Its last error is thrown as it is.</returns>
    /// <exception cref="RequestRefusedException">It was not run: the circuit is open, or the executor is disposed.</exception>
    public async ValueTask<T> ExecuteAsync<T>(Func<CancellationToken, ValueTask<T>> operation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operation);
        Operation<T> request = new((_, token) => operation(token));
        Settled<Operation, bool> settled = await _pipeline.TrySendAsync(request, default, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        if (!settled.IsAnswered)
        {
            ThrowOwn(settled);
        }

        return request.Result;
    }

    /// <summary>Waits for what runs, then stops.</summary>
    public ValueTask DisposeAsync() => _pipeline.DisposeAsync();

    /// <summary>Throws the operation's own error, with its stack, where there is one.</summary>
    internal static void ThrowOwn(in Settled<Operation, bool> settled)
    {
        if (settled.Outcome.Error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }

        throw Settlement.Failure.ToException(settled.Outcome, settled.Target, settled.Attempts);
    }
}
