using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Tests.Load;

/// <summary>T-22: 200,000 requests on real threads, a third of the attempts failing, half of the callers losing patience.</summary>
[Collection(nameof(RealTime))]
public sealed class StormTests
{
    private const int Requests = 200_000;
    private const int Callers = 256;

    [Fact]
    public Task A_storm_of_faults_and_cancellations_loses_nothing_and_doubles_nothing() => StormAsync(Callers, hedging: null);

    /// <summary>So few callers that there is room for hedges, and a delay at which about half of the attempts are over.</summary>
    [Fact]
    public async Task A_storm_with_hedges_loses_nothing_and_doubles_nothing()
    {
        SignalsSnapshot end = await StormAsync(callerCount: 24, new HedgingOptions { Delay = TimeSpan.FromMilliseconds(1), MaxShare = 1 });

        TestContext.Current.TestOutputHelper?.WriteLine($"{end.Hedges} hedges, {end.HedgesWon} won");
        Assert.Equal(0, end.CurrentHedges);
        Assert.True(end.HedgesWon >= 100 && end.Hedges - end.HedgesWon >= 100, $"{end.HedgesWon} of {end.Hedges} hedges won: too few for this to be a test of them.");
    }

    private static async Task<SignalsSnapshot> StormAsync(int callerCount, HedgingOptions? hedging)
    {
        int unobserved = 0;
        void Count(object? sender, UnobservedTaskExceptionEventArgs args) => Interlocked.Increment(ref unobserved);
        TaskScheduler.UnobservedTaskException += Count;
        StormEndpoint[] endpoints = [new(maxInflight: 32, seed: 1), new(maxInflight: 16, seed: 2)];
        RequestPipeline<int, int> pipeline = Build(endpoints, hedging);
        int[] answers = new int[Requests];
        int[] cancelled = new int[1];

        Task[] callers = [.. Enumerable.Range(0, callerCount).Select(caller => Task.Run(() => CallAsync(pipeline, caller, callerCount, answers, cancelled)))];
        await Task.WhenAll(callers);
        await pipeline.StopAsync(TimeSpan.FromSeconds(20));

        SignalsSnapshot end = pipeline.Signals.Snapshot();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{end.Answered} answered, {end.Failed} failed, {end.Cancelled} cancelled, {end.Refused} refused, {end.Attempts} attempts, {end.Redirects} redirects, {cancelled[0]} gave up");
        Assert.All(answers, count => Assert.Equal(1, count));
        Assert.Equal(end.Admitted, end.Answered + end.Failed + end.Cancelled);
        Assert.Equal(default, end.Depths);
        Assert.Equal(0, end.CurrentInflight);
        Assert.Equal(end.Attempts, endpoints.Sum(endpoint => endpoint.Calls));
        Assert.All(endpoints, endpoint => Assert.True(endpoint.MostInFlight <= endpoint.MaxInflight, $"{endpoint.MostInFlight} in flight, limit {endpoint.MaxInflight}"));
        Assert.True(cancelled[0] > Requests / 20, "Too few callers gave up for this to be a test of it.");
        for (int round = 0; round < 3; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        TaskScheduler.UnobservedTaskException -= Count;
        Assert.Equal(0, unobserved);
        return end;
    }

    private static RequestPipeline<int, int> Build(StormEndpoint[] endpoints, HedgingOptions? hedging)
    {
        RequestPipelineBuilder<int, int> builder = RequestPipeline.CreateBuilder<int, int>().UseEnvironment(_ => null).Configure(options => options.Hedging = hedging);
        for (int index = 0; index < endpoints.Length; index++)
        {
            StormEndpoint endpoint = endpoints[index];
            builder.AddTarget($"target{index}", endpoint, target =>
            {
                target.Backpressure.MaxInflight = endpoint.MaxInflight;
                target.Retry.Budget = Dataflow.Recovery.RetryBudgetUse.None;
                target.Retry.MaxRetries = 2;
                target.Retry.InitialDelay = TimeSpan.FromMilliseconds(1);
                target.CircuitBreaker.Cooldown = TimeSpan.FromMilliseconds(20);
            });
        }

        return builder.Build();
    }

    private static async Task CallAsync(RequestPipeline<int, int> pipeline, int caller, int callerCount, int[] answers, int[] cancelled)
    {
        Random random = new(caller);
        for (int request = caller; request < Requests; request += callerCount)
        {
            using CancellationTokenSource patience = new();
            if (random.Next(2) == 0)
            {
                patience.CancelAfter(TimeSpan.FromMilliseconds(random.Next(8)));
            }

            try
            {
                int answer = await pipeline.SendAsync(
                    request, new RequestOptions { WhenUnavailable = Unavailability.Hold }, patience.Token);
                Assert.Equal(request, answer);
            }
            catch (RequestFailedException)
            {
                // An answer too.
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested)
            {
                Interlocked.Increment(ref cancelled[0]);
            }

            Interlocked.Increment(ref answers[request]);
        }
    }

    private sealed class StormEndpoint(int maxInflight, int seed) : IEndpoint<int, int>
    {
        private readonly Lock _sync = new();
        private readonly Random _random = new(seed);
        private int _inFlight;
        private long _calls;

        public int MaxInflight { get; } = maxInflight;

        public int MostInFlight { get; private set; }

        public long Calls => Volatile.Read(ref _calls);

        public async ValueTask<Outcome<int>> CallAsync(int request, AttemptContext attempt, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            int draw;
            lock (_sync)
            {
                MostInFlight = Math.Max(MostInFlight, ++_inFlight);
                draw = _random.Next(100);
            }

            try
            {
                if (draw % 3 == 0)
                {
                    await Task.Yield();
                }
                else if (draw % 3 == 1)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(1), cancellationToken);
                }

                return draw switch
                {
                    < 8 => Outcome<int>.Failed(OutcomeKind.Throttled, retryAfter: TimeSpan.FromMilliseconds(2)),
                    < 16 => Outcome<int>.Failed(OutcomeKind.Overloaded),
                    < 24 => throw new IOException("reset"),
                    < 27 => Outcome<int>.Failed(OutcomeKind.Exhausted),
                    < 30 => Outcome<int>.Failed(OutcomeKind.Conflicted),
                    _ => Outcome<int>.Answered(request),
                };
            }
            finally
            {
                lock (_sync)
                {
                    _inFlight--;
                }
            }
        }
    }
}
