namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class FallbackChainTests
{
    private static readonly string[] Three = ["openai/gpt-4o", "anthropic/claude-3-5-sonnet", "deepseek/deepseek-chat"];

    [Fact]
    public async Task The_first_target_that_answers_is_named()
    {
        await using FallbackChain chain = new(Three);

        FallbackResult<string> result = await chain.ExecuteAsync((target, _) =>
            target == Three[0] ? throw new TimeoutException() : ValueTask.FromResult("answer of " + target));

        Assert.Equal(new FallbackResult<string>("answer of anthropic/claude-3-5-sonnet", Three[1], 2), result);
    }

    [Fact]
    [Trait("Fault", "P26")]
    public async Task Every_move_is_announced_the_first_one_included()
    {
        List<(string, string)> moves = [];
        await using FallbackChain chain = new(Three, onFallback: move => moves.Add((move.From, move.To)));

        await chain.ExecuteAsync((target, _) => target == Three[2] ? ValueTask.FromResult(1) : throw new TimeoutException());

        Assert.Equal([(Three[0], Three[1]), (Three[1], Three[2])], moves);
    }

    [Fact]
    [Trait("Fault", "P25")]
    public async Task An_open_circuit_falls_back()
    {
        await using FallbackChain chain = new(Three, (_, options) => options.CircuitBreaker.FailureThreshold = 1);
        List<string> tried = [];
        ValueTask<int> Run(string target, CancellationToken cancellationToken)
        {
            tried.Add(target);
            return target == Three[0] ? throw new TimeoutException() : ValueTask.FromResult(1);
        }

        await chain.ExecuteAsync(Run);
        await chain.ExecuteAsync(Run);

        Assert.Equal([Three[0], Three[1], Three[1]], tried);
    }

    [Fact]
    [Trait("Fault", "P27")]
    public async Task The_end_of_the_chain_is_the_last_targets_own_error_at_once()
    {
        TestTime time = new();
        await using FallbackChain chain = new(Three, timeProvider: time);

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(
            async () => await chain.ExecuteAsync<int>((target, _) => throw new TimeoutException("of " + target)));

        Assert.Equal((Three[2], 3, "of " + Three[2]), (failure.Target, failure.Attempts, failure.InnerException!.Message));
        Assert.Equal(TimeSpan.Zero, time.Elapsed);
    }

    [Fact]
    [Trait("Fault", "P27")]
    public void Twins_and_an_empty_chain_are_configuration_errors()
    {
        ConfigurationException twins = Assert.Throws<ConfigurationException>(() => new FallbackChain(["a", "b", "a"]));
        ConfigurationException empty = Assert.Throws<ConfigurationException>(() => new FallbackChain([]));

        Assert.Contains("'a'", twins.Message, StringComparison.Ordinal);
        Assert.Contains("0 targets", empty.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bug_in_the_operation_does_not_fall_back()
    {
        await using FallbackChain chain = new(Three);
        int attempts = 0;

        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(async () => await chain.ExecuteAsync<int>((_, _) =>
        {
            attempts++;
            throw new FormatException();
        }));

        Assert.Equal((1, OutcomeKind.Rejected), (attempts, failure.Kind));
    }

    [Fact]
    public async Task A_chain_sends_each_target_only_what_its_own_limits_allow()
    {
        await using FallbackChain chain = new(Three, (target, options) => options.Backpressure.MaxInflight = target == Three[0] ? 1 : 50);
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int running = 0;
        int most = 0;

        Task<FallbackResult<int>>[] tasks = [.. Enumerable.Range(0, 5).Select(_ => chain.ExecuteAsync(async (_, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await release.Task;
            Interlocked.Decrement(ref running);
            return 1;
        }).AsTask())];
        await Patience.UntilAsync(() => Volatile.Read(ref running) == 1, "the first to run");
        release.SetResult();
        await Task.WhenAll(tasks);

        Assert.Equal(1, most);
    }
}
