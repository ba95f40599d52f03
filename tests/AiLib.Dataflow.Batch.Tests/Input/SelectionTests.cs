using System.Text;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Input.Selection;

namespace AiLib.Dataflow.Batch.Tests.Input;

public sealed class SelectionTests
{
    [Fact]
    public void A_permutation_has_every_number_once()
    {
        foreach (int count in Enumerable.Range(0, 130).Concat([1_000, 4_096, 4_097, 50_000]))
        {
            Permutation order = new(count, seed: count);

            Assert.Equal(Enumerable.Range(0, count), Enumerable.Range(0, count).Select(place => (int)order[place]).Order());
        }
    }

    [Fact]
    public void A_permutation_leaves_nothing_near_its_place()
    {
        Permutation order = new(100_000, seed: 7);
        int rising = 0;
        double moved = 0;
        for (int place = 0; place < 99_999; place++)
        {
            rising += order[place] < order[place + 1] ? 1 : 0;
            moved += Math.Abs(order[place] - place);
        }

        // Of random places half rise, and they are a third of the whole apart.
        Assert.InRange(rising, 49_000, 51_000);
        Assert.InRange(moved / 99_999, 32_500, 34_200);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(64)]
    public async Task Shuffled_every_line_is_read_once_under_its_own_number(long seed)
    {
        string text = "\uFEFF" + Requests.Line("r1") + "\r\n\n" + Requests.Line("r3") + "\n" + new string('x', 3_000) + "\r\n"
            + string.Concat(Enumerable.Range(5, 200).Select(number => Requests.Line($"r{number}") + "\n")) + Requests.Line("r205");

        List<BatchLine> lines = await ReadAsync(text, new BatchInputOptions { ShuffleSeed = seed }, maxLineBytes: 1_000);
        List<BatchLine> again = await ReadAsync(text, new BatchInputOptions { ShuffleSeed = seed }, maxLineBytes: 1_000);

        Assert.Equal(Enumerable.Range(1, 205).Where(number => number != 2).Select(number => (long)number), lines.Select(line => line.Number).Order());
        Assert.All(lines, line => Assert.Equal(line.Number == 4 ? null : $"r{line.Number}", line.Request?.CustomId));
        Assert.Equal("line_too_long", lines.Single(line => line.Error is not null).Error!.Code);
        Assert.Equal(lines.Select(line => line.Number), again.Select(line => line.Number));
        Assert.NotEqual(lines.Select(line => line.Number).Order(), lines.Select(line => line.Number));
    }

    [Fact]
    public async Task Another_seed_is_another_order()
    {
        List<BatchLine> one = await ReadAsync(Requests.Lines(50), new BatchInputOptions { ShuffleSeed = 1 });
        List<BatchLine> other = await ReadAsync(Requests.Lines(50), new BatchInputOptions { ShuffleSeed = 2 });

        Assert.NotEqual(one.Select(line => line.Number), other.Select(line => line.Number));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(1_000)]
    public async Task A_sample_of_so_many_has_so_many_and_the_same_each_time(long count)
    {
        BatchInputOptions options = new() { SampleCount = count };

        long[] numbers = [.. (await ReadAsync(Requests.Lines(100), options)).Select(line => line.Number)];

        Assert.Equal(Math.Min(count, 100), numbers.Distinct().Count());
        Assert.Equal(numbers.Order(), numbers);
        Assert.Equal(numbers, (await ReadAsync(Requests.Lines(100), options)).Select(line => line.Number));
    }

    [Fact]
    public void Each_entry_is_as_likely_in_a_sample_as_any_other()
    {
        int[] taken = new int[20];
        for (int seed = 1; seed <= 20_000; seed++)
        {
            EntryChoice choice = EntryChoice.OfCount(5, 20, seed);
            for (int number = 1; number <= 20; number++)
            {
                taken[number - 1] += choice.Takes(number) ? 1 : 0;
            }
        }

        // 5,000 each; four standard deviations are 245.
        Assert.All(taken, times => Assert.InRange(times, 4_755, 5_245));
    }

    [Fact]
    public async Task A_share_is_about_that_share_and_grows_by_entries_only()
    {
        long[] tenth = [.. (await ReadAsync(Requests.Lines(2_000), new BatchInputOptions { SampleShare = 0.1 })).Select(line => line.Number)];
        long[] half = [.. (await ReadAsync(Requests.Lines(2_000), new BatchInputOptions { SampleShare = 0.5 })).Select(line => line.Number)];

        Assert.InRange(tenth.Length, 150, 250);
        Assert.InRange(half.Length, 900, 1_100);
        Assert.Empty(tenth.Except(half));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(7, 7)]
    [InlineData(1_000, 50)]
    public async Task A_limit_ends_the_reading(long limit, int expected) =>
        Assert.Equal(expected, (await ReadAsync("\n" + Requests.Lines(50), new BatchInputOptions { Limit = limit })).Count);

    [Fact]
    public async Task The_beginning_of_a_shuffled_input_is_a_sample_of_it()
    {
        List<BatchLine> sample = await ReadAsync(Requests.Lines(50), new BatchInputOptions { ShuffleSeed = 3, SampleCount = 10 });
        List<BatchLine> limited = await ReadAsync(Requests.Lines(50), new BatchInputOptions { ShuffleSeed = 3, Limit = 10 });

        Assert.Equal(10, sample.Count);
        Assert.Equal(limited.Select(line => line.Number), sample.Select(line => line.Number));
    }

    [Fact]
    public async Task A_compressed_file_is_not_shuffled_but_sampled()
    {
        byte[] compressed = CompressedTests.Compress("zstd", Encoding.UTF8.GetBytes(Requests.Lines(50)));
        List<BatchLine> lines = [];
        await foreach (BatchLine line in BatchInput.ReadAsync(new MemoryStream(compressed), new BatchInputOptions { SampleCount = 5 }))
        {
            lines.Add(line);
        }

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(async () =>
        {
            await foreach (BatchLine line in BatchInput.ReadAsync(new MemoryStream(compressed), new BatchInputOptions { ShuffleSeed = 5 }))
            {
                lines.Add(line);
            }
        });

        Assert.Equal(5, lines.Count);
        Assert.Contains("expand it first", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<List<BatchLine>> ReadAsync(string text, BatchInputOptions options, int maxLineBytes = BatchInput.DefaultMaxLineBytes)
    {
        List<BatchLine> lines = [];
        await foreach (BatchLine line in BatchInput.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), options, maxLineBytes))
        {
            lines.Add(line);
        }

        return lines;
    }
}
