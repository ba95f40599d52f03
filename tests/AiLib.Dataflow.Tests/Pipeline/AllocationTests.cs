namespace AiLib.Dataflow.Tests.Pipeline;

/// <summary>A request through all stages allocates nothing in the steady state.</summary>
public sealed class AllocationTests
{
    private const int Requests = 20_000;

    [Fact]
    public async Task A_streamed_request_allocates_nothing()
    {
        await using RequestPipeline<int, int> pipeline = RequestPipeline.CreateBuilder<int, int>()
            .UseCost(static _ => 1)
            .AddPreflightCheck(static (_, _) => null)
            .AddTarget("target", new Immediate(), static target =>
            {
                target.Backpressure.MaxInflight = 64;
                target.RateLimiter.RequestsPerSecond = 1_000_000;
                target.RateLimiter.BurstSize = 1_000_000;
                target.RateLimiter.TokensPerMinute = 100_000_000_000;
                target.DispatchInline = true;
            })
            .Build();
        long least = long.MaxValue;

        // Code that is not optimised yet, a collection or another thread of the pool may allocate; in the best of some runs nothing does.
        for (int run = 0; run < 10 && least > 8L * Requests; run++)
        {
            IAsyncEnumerator<Settled<int, int>> answers = pipeline.RunAsync(new Numbers()).GetAsyncEnumerator();
            int thread = Environment.CurrentManagedThreadId;
            long before = GC.GetAllocatedBytesForCurrentThread();
            int taken = 0;
            bool isHere = true;
            while (true)
            {
                ValueTask<bool> next = answers.MoveNextAsync();
                isHere &= next.IsCompleted;
                if (!await next)
                {
                    break;
                }

                taken++;
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(Requests, taken);
            least = isHere && thread == Environment.CurrentManagedThreadId ? Math.Min(least, allocated) : least;
            await answers.DisposeAsync();
        }

        // A run's own objects, and in a debug build a state machine for some thirty requests; the smallest object for each request would be 24 bytes.
        Assert.InRange(least, 0, 8L * Requests);
    }

    [Fact]
    public async Task A_call_without_hedging_allocates_nothing()
    {
        await using RequestPipeline<int, int> pipeline = RequestPipeline.CreateBuilder<int, int>()
            .AddTarget("target", new Immediate(), static target => target.DispatchInline = true)
            .Build();
        long least = long.MaxValue;

        // As above: the best of some runs.
        for (int run = 0; run < 10 && least > 8L * Requests; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            long sum = 0;
            bool isHere = true;
            for (int request = 0; request < Requests; request++)
            {
                ValueTask<int> answer = Send(pipeline, request);
                isHere &= answer.IsCompleted;
                sum += await answer;
            }

            // Asked here, because to assert allocates.
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.True(isHere);
            Assert.Equal((long)Requests * (Requests - 1) / 2, sum);
        }

        Assert.InRange(least, 0, 8L * Requests);
    }

    private static ValueTask<int> Send(RequestPipeline<int, int> pipeline, int request) => pipeline.SendAsync(request);

    private sealed class Immediate : IEndpoint<int, int>
    {
        public ValueTask<Outcome<int>> CallAsync(int request, AttemptContext attempt, CancellationToken cancellationToken) => new(Outcome<int>.Answered(request));
    }

    private sealed class Numbers : IAsyncEnumerable<int>, IAsyncEnumerator<int>
    {
        public int Current { get; private set; } = -1;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync() => new(++Current < Requests);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
