using AiLib.Dataflow.Recovery;
using CsCheck;

namespace AiLib.Dataflow.Tests.Recovery;

public sealed class RetryPolicyTests
{
    private static RetryPolicy Create(Action<RetryOptions>? configure = null)
    {
        RetryOptions options = new() { Jitter = Jitter.None };
        configure?.Invoke(options);
        return new RetryPolicy(options, new TestTime(), seed: 1);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(5, 16)]
    [InlineData(6, 30)]
    [InlineData(7, 30)]
    public void The_backoff_doubles_up_to_the_longest(int attempt, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Create().DelayAfter(attempt, null, 0.5));

    [Theory]
    [InlineData(1024)]
    [InlineData(5000)]
    [InlineData(int.MaxValue)]
    [Trait("Fault", "P23")]
    public void A_late_attempt_does_not_overflow(int attempt) =>
        Assert.Equal(TimeSpan.FromSeconds(30), Create().DelayAfter(attempt, null, 0.5));

    [Theory]
    [InlineData(5000)]
    [InlineData(1)]
    [Trait("Fault", "P23")]
    public void Without_a_first_wait_there_is_none_at_all(int attempt) =>
        Assert.Equal(TimeSpan.Zero, Create(options => options.InitialDelay = TimeSpan.Zero).DelayAfter(attempt, null, 0.5));

    [Theory]
    [InlineData(Jitter.Full, 0.0, 0.0)]
    [InlineData(Jitter.Full, 0.25, 1.0)]
    [InlineData(Jitter.Half, 0.0, 2.0)]
    [InlineData(Jitter.Half, 0.5, 3.0)]
    [InlineData(Jitter.None, 0.5, 4.0)]
    public void Jitter_spreads_the_third_backoff_of_four_seconds(Jitter jitter, double random, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Create(options => options.Jitter = jitter).DelayAfter(3, null, random));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [Trait("Fault", "P20")]
    public void A_server_that_asks_for_no_time_has_said_nothing(double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(1), Create().DelayAfter(1, TimeSpan.FromSeconds(seconds), 0.5));

    [Fact]
    [Trait("Fault", "P20")]
    public void The_longest_wait_that_can_be_asked_for_does_not_overflow() =>
        Assert.True(Create().DelayAfter(1, TimeSpan.MaxValue, 0.5) >= TimeSpan.FromDays(365));

    [Fact]
    [Trait("Fault", "P19")]
    public void A_wait_that_was_asked_for_is_never_shortened_and_is_spread_by_a_tenth() =>
        Gen.Select(Gen.Int[1, 2000], Gen.Double[0.001, 3600], Gen.Double.Unit).Sample((attempt, seconds, random) =>
        {
            TimeSpan asked = TimeSpan.FromSeconds(seconds);
            TimeSpan delay = Create().DelayAfter(attempt, asked, random);
            return delay >= asked && delay <= asked * 1.05 + TimeSpan.FromTicks(1);
        }, iter: 2000, seed: "0000KoIPLgn4");

    [Fact]
    public void Every_wait_lies_between_nothing_and_the_longest() =>
        Gen.Select(Gen.Int[1, 10_000], Gen.Double[0, 100], Gen.Double[1, 100], Gen.Double.Unit, Gen.Enum<Jitter>()).Sample((attempt, first, multiplier, random, jitter) =>
        {
            RetryPolicy policy = Create(options =>
            {
                options.InitialDelay = TimeSpan.FromSeconds(first);
                options.MaxDelay = TimeSpan.FromSeconds(120);
                options.BackoffMultiplier = multiplier;
                options.Jitter = jitter;
            });
            TimeSpan delay = policy.DelayAfter(attempt, null, random);
            return delay >= TimeSpan.Zero && delay <= TimeSpan.FromSeconds(120);
        }, iter: 2000, seed: "0000KoIPLgn4");

    [Fact]
    [Trait("Fault", "P19")]
    public void A_thousand_clients_that_were_told_the_same_come_back_at_different_times()
    {
        Dataflow.Threading.JitterSource jitter = new(1);

        int distinct = Enumerable.Range(0, 1000).Select(_ => Create().DelayAfter(1, TimeSpan.FromSeconds(10), jitter.Next())).Distinct().Count();

        Assert.True(distinct > 950, $"{distinct} distinct waits");
    }

    [Fact]
    public void An_attempt_before_the_first_is_an_error() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Create().DelayAfter(0, null, 0.5));

    [Fact]
    public async Task Alone_it_runs_an_operation_again_after_each_wait()
    {
        TestTime time = new();
        RetryPolicy policy = new(new RetryOptions { Jitter = Jitter.None }, time);
        int attempts = 0;

        Task<int> result = policy.ExecuteAsync(_ => ++attempts < 3 ? throw new TimeoutException() : ValueTask.FromResult(attempts)).AsTask();
        await time.UntilArmedWithinAsync(TimeSpan.FromSeconds(1));
        time.Advance(1);
        await time.UntilArmedWithinAsync(TimeSpan.FromSeconds(2));
        time.Advance(2);

        Assert.Equal(3, await result.WithinPatienceAsync("the result"));
    }

    [Fact]
    public async Task Alone_it_throws_the_last_error_as_it_is()
    {
        TimeoutException last = new("4");
        int attempts = 0;
        RetryPolicy policy = Create(options => options.InitialDelay = TimeSpan.Zero);

        TimeoutException thrown = await Assert.ThrowsAsync<TimeoutException>(
            async () => await policy.ExecuteAsync<int>(_ => throw (++attempts == 4 ? last : new TimeoutException())));

        Assert.Same(last, thrown);
    }

    [Fact]
    public async Task Alone_a_cancelled_wait_ends_at_once()
    {
        TestTime time = new();
        using CancellationTokenSource cancellation = new();
        RetryPolicy policy = new(new RetryOptions { Jitter = Jitter.None }, time);

        Task<int> result = policy.ExecuteAsync<int>(_ => throw new TimeoutException(), cancellation.Token).AsTask();
        await time.UntilArmedWithinAsync(TimeSpan.FromSeconds(1));
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => result.WithinPatienceAsync("the end of the wait"));
    }
}
