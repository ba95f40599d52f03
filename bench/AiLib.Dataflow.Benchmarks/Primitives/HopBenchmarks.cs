using System.Threading.Channels;
using System.Threading.Tasks.Dataflow;
using BenchmarkDotNet.Attributes;

namespace AiLib.Dataflow.Benchmarks.Primitives;

/// <summary>One item through a bounded channel and through a bounded block: on one thread, and from a writer to a reader on the pool.</summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkDotNet.Configs.BenchmarkLogicalGroupRule.ByCategory)]
public class HopBenchmarks
{
    private const int Items = 1 << 16;
    private const int Capacity = 512;

    private readonly Channel<int> _channel = Channel.CreateBounded<int>(new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });
    private readonly BufferBlock<int> _block = new(new DataflowBlockOptions { BoundedCapacity = Capacity });

    /// <summary>A channel, on one thread.</summary>
    [Benchmark(Baseline = true, Description = "channel, one thread"), BenchmarkCategory("one thread")]
    public int ChannelPair()
    {
        _channel.Writer.TryWrite(1);
        return _channel.Reader.TryRead(out int item) ? item : throw new InvalidOperationException("The item is lost.");
    }

    /// <summary>A block, on one thread.</summary>
    [Benchmark(Description = "BufferBlock, one thread"), BenchmarkCategory("one thread")]
    public int BlockPair()
    {
        _block.Post(1);
        return _block.TryReceive(out int item) ? item : throw new InvalidOperationException("The item is lost.");
    }

    /// <summary>A channel, from a writer to a reader.</summary>
    [Benchmark(Baseline = true, Description = "channel, two sides", OperationsPerInvoke = Items), BenchmarkCategory("two sides")]
    public async Task<long> ChannelHopAsync()
    {
        Task<long> reading = Task.Run(async () =>
        {
            long sum = 0;
            for (int read = 0; read < Items; read++)
            {
                if (!_channel.Reader.TryRead(out int item))
                {
                    item = await _channel.Reader.ReadAsync().ConfigureAwait(false);
                }

                sum += item;
            }

            return sum;
        });
        for (int item = 0; item < Items; item++)
        {
            if (!_channel.Writer.TryWrite(item))
            {
                await _channel.Writer.WriteAsync(item).ConfigureAwait(false);
            }
        }

        return Check(await reading.ConfigureAwait(false));
    }

    /// <summary>A block, from a writer to a reader.</summary>
    [Benchmark(Description = "BufferBlock, two sides", OperationsPerInvoke = Items), BenchmarkCategory("two sides")]
    public async Task<long> BlockHopAsync()
    {
        Task<long> reading = Task.Run(async () =>
        {
            long sum = 0;
            for (int read = 0; read < Items; read++)
            {
                if (!_block.TryReceive(out int item))
                {
                    item = await _block.ReceiveAsync().ConfigureAwait(false);
                }

                sum += item;
            }

            return sum;
        });
        for (int item = 0; item < Items; item++)
        {
            if (!_block.Post(item))
            {
                await _block.SendAsync(item).ConfigureAwait(false);
            }
        }

        return Check(await reading.ConfigureAwait(false));
    }

    private static long Check(long sum) =>
        sum == (long)Items * (Items - 1) / 2 ? sum : throw new InvalidOperationException($"The items sum up to {sum}.");
}
