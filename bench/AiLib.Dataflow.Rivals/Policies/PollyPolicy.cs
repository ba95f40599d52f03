using System.Runtime.CompilerServices;
using System.Threading.RateLimiting;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using PollyOutcome = Polly.Outcome<int>;

namespace AiLib.Dataflow.Rivals.Policies;

/// <summary>The four strategies of Polly that the pipeline's stages correspond to, as Polly's own documentation says they are fastest.</summary>
/// <remarks>
/// One cached pipeline, pooled contexts, outcomes instead of exceptions, state instead of closures, and no telemetry. Retries are outermost, so each attempt
/// asks breaker and limiters again, as in the pipeline. Thread-safe.
/// </remarks>
internal sealed class PollyPolicy : IDisposable
{
    private readonly IProvider _provider;
    private readonly TokenBucketRateLimiter _rate = UnboundRate.Create();
    private readonly ConcurrencyLimiter _concurrency;
    private readonly ResiliencePipeline<int> _pipeline;

    public PollyPolicy(IProvider provider, int inFlight)
    {
        _provider = provider;
        _concurrency = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = inFlight, QueueLimit = int.MaxValue });
        _pipeline = new ResiliencePipelineBuilder<int>()
            .AddRetry(new RetryStrategyOptions<int>
            {
                MaxRetryAttempts = 3,
                Delay = TimeSpan.FromSeconds(1),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<int>
            {
                FailureRatio = 0.5,
                MinimumThroughput = 20,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = TimeSpan.FromSeconds(30),
            })
            .AddRateLimiter(_rate)
            .AddRateLimiter(_concurrency)
            .Build();
    }

    /// <summary>Gets one request answered.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> CallAsync(int request, CancellationToken cancellationToken = default)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false, cancellationToken);
        try
        {
            PollyOutcome outcome = await _pipeline.ExecuteOutcomeAsync(Attempt, context, new State(_provider, request)).ConfigureAwait(false);
            outcome.ThrowIfException();
            return outcome.Result;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    public void Dispose()
    {
        _rate.Dispose();
        _concurrency.Dispose();
    }

    private static ValueTask<PollyOutcome> Attempt(ResilienceContext context, State state)
    {
        ValueTask<int> call;
        try
        {
            call = state.Provider.AnswerAsync(state.Request, context.CancellationToken);
        }
        catch (Exception error)
        {
            // The contract of ExecuteOutcomeAsync: an error is a value.
            return Outcome.FromExceptionAsValueTask<int>(error);
        }

        return call.IsCompletedSuccessfully ? Outcome.FromResultAsValueTask(call.Result) : Later(call);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<PollyOutcome> Later(ValueTask<int> call)
    {
        try
        {
            return Outcome.FromResult(await call.ConfigureAwait(false));
        }
        catch (Exception error)
        {
            // As above.
            return Outcome.FromException<int>(error);
        }
    }

    private readonly record struct State(IProvider Provider, int Request);
}
