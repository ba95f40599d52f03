using AiLib.Dataflow.Batch.Input;

namespace AiLib.Dataflow.Batch.Tests;

/// <summary>What is measured for the whole process has the process to itself.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    private readonly JobRun _run = new();

    [Fact]
    public async Task Memory_does_not_depend_on_the_length_of_the_input()
    {
        long small = await PeakAsync(2_000);
        long large = await PeakAsync(40_000);

        // 24 bytes for each id, and room for what the collector has not looked at yet.
        Assert.InRange(large, 0, small + (24 * 40_000 * 2) + (2 * 1024 * 1024));
    }

    [Fact]
    public async Task A_line_of_a_gigabyte_takes_no_more_memory_than_a_line_of_the_allowed_length()
    {
        const int MaxLine = 1024 * 1024;
        await using EndlessLine stream = new(1L << 30);
        LineSplitter splitter = new(stream, MaxLine);
        long before = GC.GetTotalAllocatedBytes(precise: true);

        Assert.True(await splitter.MoveNextAsync());

        Assert.True(splitter.Current.IsTooLong);
        Assert.Equal((1L << 30) + 1, splitter.Current.Length);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 4 * MaxLine);
        Assert.True(await splitter.MoveNextAsync());
        Assert.Equal("x"u8, splitter.Current.Content.Span);
    }

    private async Task<long> PeakAsync(int count)
    {
        using TemporaryDirectory directory = new();
        BatchJobOptions job = new() { InputPath = directory["in.jsonl"] };
        await File.WriteAllLinesAsync(job.InputPath, Enumerable.Range(1, count).Select(number => Requests.Line($"r{number}")));
        long peak = 0;
        int seen = 0;
        _run.Before = _ =>
        {
            if (Interlocked.Increment(ref seen) % (count / 4) == 0)
            {
                _run.Calls.Clear();
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true));
            }

            return Task.CompletedTask;
        };
        await _run.RunAsync(job);
        return peak;
    }

    /// <summary>A line of the given length, then a short one.</summary>
    private sealed class EndlessLine(long length) : MemoryStream
    {
        private long _left = length;
        private bool _ended;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left > 0)
            {
                int count = (int)Math.Min(buffer.Length, _left);
                buffer.Span[..count].Fill((byte)'a');
                _left -= count;
                return new(count);
            }

            if (_ended)
            {
                return new(0);
            }

            _ended = true;
            "\nx\n"u8.CopyTo(buffer.Span);
            return new(3);
        }
    }
}
