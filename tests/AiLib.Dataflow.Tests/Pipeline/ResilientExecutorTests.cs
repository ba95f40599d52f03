using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Recovery;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class ResilientExecutorTests
{
    private readonly TestTime _time = new();

    private ResilientExecutor Create(Action<ResilienceOptions>? configure = null)
    {
        ResilienceOptions options = new();
        options.Retry.Jitter = Jitter.None;
        configure?.Invoke(options);
        return new ResilientExecutor(options, _time);
    }

    [Fact]
    public async Task An_operation_gives_its_result()
    {
        await using ResilientExecutor executor = Create();

        Assert.Equal(42, await executor.ExecuteAsync(_ => ValueTask.FromResult(42)));
    }

    [Fact]
    public async Task An_operation_is_run_again_while_its_error_may_be_retried()
    {
        await using ResilientExecutor executor = Create();
        int attempts = 0;

        Task<int> result = executor.ExecuteAsync(_ => ++attempts < 3 ? throw new TimeoutException() : ValueTask.FromResult(attempts)).AsTask();
        await _time.UntilArmedWithinAsync(TimeSpan.FromSeconds(1));
        _time.Advance(1);
        await _time.UntilArmedWithinAsync(TimeSpan.FromSeconds(2));
        _time.Advance(2);

        Assert.Equal(3, await result.WithinPatienceAsync("the result"));
    }

    [Fact]
    [Trait("Fault", "P28")]
    public async Task An_operations_own_time_out_is_thrown_as_it_is_and_is_no_wait_error()
    {
        await using ResilientExecutor executor = Create(options => options.Retry.MaxRetries = 0);
        TimeoutException own = new("the operation's own");

        TimeoutException thrown = await Assert.ThrowsAsync<TimeoutException>(async () => await executor.ExecuteAsync<int>(_ => throw own));

        Assert.Same(own, thrown);
        Assert.Equal(1, executor.Signals.Snapshot().Targets[0].Outcomes[OutcomeKind.TimedOut]);
    }

    [Fact]
    public async Task An_error_that_nobody_knows_is_thrown_as_it_is_after_one_attempt()
    {
        await using ResilientExecutor executor = Create();
        int attempts = 0;

        await Assert.ThrowsAsync<FormatException>(async () => await executor.ExecuteAsync<int>(_ =>
        {
            attempts++;
            throw new FormatException();
        }));

        Assert.Equal(1, attempts);
    }

    [Fact]
    public async Task A_caller_who_cancels_is_answered_at_once()
    {
        await using ResilientExecutor executor = Create();
        using CancellationTokenSource cancellation = new();
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        Task<int> result = executor.ExecuteAsync<int>(async token =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
            return 0;
        }, cancellation.Token).AsTask();
        await begun.Task;
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => result.WithinPatienceAsync("the caller's release"));
    }

    [Fact]
    [Trait("Fault", "P11")]
    public async Task Five_errors_of_the_callers_own_do_not_open_the_circuit()
    {
        await using ResilientExecutor executor = Create();

        for (int n = 0; n < 5; n++)
        {
            await Assert.ThrowsAsync<HttpRequestException>(async () => await executor.ExecuteAsync<int>(
                _ => throw new HttpRequestException("bad", null, System.Net.HttpStatusCode.BadRequest)));
        }

        Assert.Equal(CircuitState.Closed, executor.Signals.Snapshot().CircuitState);
    }

    [Fact]
    public async Task An_open_circuit_refuses_with_the_time()
    {
        await using ResilientExecutor executor = Create(options =>
        {
            options.Retry.MaxRetries = 0;
            options.CircuitBreaker.FailureThreshold = 1;
        });
        await Assert.ThrowsAsync<IOException>(async () => await executor.ExecuteAsync<int>(_ => throw new IOException()));

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(async () => await executor.ExecuteAsync(_ => ValueTask.FromResult(1)));

        Assert.Equal(TimeSpan.FromSeconds(30), refused.Refusal.RetryAfter);
    }

    [Fact]
    [Trait("Fault", "P1")]
    public async Task Retries_pay_credits_as_first_attempts_do()
    {
        await using ResilientExecutor executor = Create(options =>
        {
            options.RateLimiter.RequestsPerSecond = 1;
            options.Retry.InitialDelay = TimeSpan.Zero;
            options.CircuitBreaker.FailureThreshold = 0;
        });
        List<TimeSpan> starts = [];

        Task<int> result = executor.ExecuteAsync<int>(_ =>
        {
            starts.Add(_time.Elapsed);
            throw new TimeoutException();
        }).AsTask();
        for (int retry = 1; retry <= 3; retry++)
        {
            // First the retry of no time at all, then the credit.
            await _time.UntilArmedWithinAsync(TimeSpan.FromMilliseconds(1));
            _time.Advance(0.001);
            await _time.UntilArmedWithinAsync(TimeSpan.FromSeconds(1));
            _time.Advance(1);
        }

        await Assert.ThrowsAsync<TimeoutException>(() => result.WithinPatienceAsync("the last attempt"));
        Assert.Equal(4, starts.Count);
        Assert.All(starts.Zip(starts.Skip(1)), pair => Assert.True(pair.Second - pair.First >= TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task A_disposed_executor_refuses()
    {
        ResilientExecutor executor = Create();
        await executor.DisposeAsync();

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(async () => await executor.ExecuteAsync(_ => ValueTask.FromResult(1)));

        Assert.Equal("stopping", refused.Refusal.Check);
    }
}
