using System.Reflection;
using System.Threading.Channels;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Tests.Threading;

/// <summary>T-21: exactly the channel calls that the library makes, with everything around them cancelled and stopped all the time: nothing lost, nothing invented.</summary>
public sealed class ChannelGuardTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    [Fact]
    public void The_channels_that_are_loaded_are_those_of_the_package_and_not_of_the_runtime()
    {
        AssemblyName loaded = typeof(Channel).Assembly.GetName();

        Assert.Equal(11, loaded.Version!.Major);
        Assert.StartsWith(AppContext.BaseDirectory, typeof(Channel).Assembly.Location, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(8, true)]
    [InlineData(64, false)]
    public async Task Writers_that_are_cancelled_beside_the_channel_lose_and_invent_nothing(int capacity, bool singleReader)
    {
        Channel<long> channel = Channel.CreateBounded<long>(new BoundedChannelOptions(capacity) { SingleReader = singleReader });
        long written = 0;
        long writtenSum = 0;
        using CancellationTokenSource over = new(Duration, TimeProvider.System);

        Task<(long Count, long Sum)> reader = Task.Run(async () =>
        {
            long count = 0;
            long sum = 0;
            while (await channel.Reader.UntilReadableAsync())
            {
                while (channel.Reader.TryRead(out long item))
                {
                    count++;
                    sum += item;
                }
            }

            return (count, sum);
        });
        Task[] writers = [.. Enumerable.Range(1, 3).Select(writer => Task.Run(async () =>
        {
            Random random = new(writer);
            for (long n = 0; !over.IsCancellationRequested; n++)
            {
                // A caller's own token, checked beside the channel as the pipeline does, and cancelled at any moment.
                using CancellationTokenSource caller = new();
                Task cancelling = random.Next(16) == 0 ? Task.Run(caller.Cancel) : Task.CompletedTask;
                long item = (n * 3) + writer;
                while (!caller.IsCancellationRequested)
                {
                    if (channel.Writer.TryWrite(item))
                    {
                        Interlocked.Increment(ref written);
                        Interlocked.Add(ref writtenSum, item);
                        break;
                    }

                    if (!await channel.Writer.UntilWritableAsync())
                    {
                        return;
                    }
                }

                await cancelling;
            }
        }))];
        await Task.WhenAll(writers);
        channel.Writer.Complete();
        (long count, long sum) = await reader.WithinPatienceAsync("the reader's end");

        Assert.Equal((written, writtenSum), (count, sum));
        Assert.True(written > 1000, $"{written} items");
    }

    [Fact]
    public async Task Thousands_of_shutdowns_by_completion_lose_and_invent_nothing()
    {
        Random random = new(3);
        for (int round = 0; round < 5000; round++)
        {
            Channel<int> channel = Channel.CreateBounded<int>(new BoundedChannelOptions(4) { SingleReader = true });
            int written = 0;
            int read = 0;
            Task reader = Task.Run(async () =>
            {
                while (await channel.Reader.UntilReadableAsync())
                {
                    while (channel.Reader.TryRead(out _))
                    {
                        read++;
                    }
                }
            });
            Task writer = Task.Run(async () =>
            {
                while (await channel.Writer.UntilWritableAsync())
                {
                    while (channel.Writer.TryWrite(1))
                    {
                        written++;
                    }
                }
            });

            for (int yields = random.Next(8); yields > 0; yields--)
            {
                await Task.Yield();
            }

            channel.Writer.Complete();
            await Task.WhenAll(reader, writer).WithinPatienceAsync("both ends");
            Assert.Equal(written, read);
        }
    }

    [Fact]
    public async Task Thousands_of_pipelines_that_are_stopped_in_the_middle_answer_everyone()
    {
        for (int round = 0; round < 1000; round++)
        {
            RequestPipeline<int, int> pipeline = RequestPipeline.CreateBuilder<int, int>()
                .UseEnvironment(static _ => null)
                .AddTarget("a", async (request, _) =>
                {
                    await Task.Yield();
                    return request;
                }, options =>
                {
                    options.Slots = 4;
                    options.Backpressure.MaxInflight = 2;
                })
                .Build();
            Task<int>[] requests = [.. Enumerable.Range(0, 8).Select(n => pipeline.SendAsync(n).AsTask())];

            await pipeline.StopAsync(TimeSpan.FromSeconds(10));

            int answered = 0;
            for (int n = 0; n < requests.Length; n++)
            {
                try
                {
                    Assert.Equal(n, await requests[n]);
                    answered++;
                }
                catch (RequestRefusedException)
                {
                }
            }

            Assert.Equal(answered, pipeline.Signals.Snapshot().Answered);
        }
    }
}
