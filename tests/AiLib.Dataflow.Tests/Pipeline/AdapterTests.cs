using System.Threading.Tasks.Dataflow;
using AiLib.Dataflow.Settlement;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class AdapterTests
{
    private static PipelineHarness Echoing()
    {
        PipelineHarness harness = new(target: (_, options) =>
        {
            options.Slots = 4;
            options.Backpressure.MaxInflight = 2;
        });
        harness.Endpoint.Autopilot = call => Outcome<string>.Answered(call.Request);
        return harness;
    }

    [Fact]
    public async Task A_channel_answers_what_is_written_and_completes_after_the_last_answer()
    {
        await using PipelineHarness harness = Echoing();
        PipelineChannel<string, string> channel = harness.Pipeline.AsChannel();

        Task writing = Task.Run(async () =>
        {
            for (int n = 0; n < 100; n++)
            {
                await channel.Writer.WriteAsync($"{n}", CancellationToken.None);
            }

            channel.Writer.Complete();
        });
        List<Settled<string, string>> answers = await ReadAsync(channel).WithinPatienceAsync("100 answers");

        await writing;
        Assert.Equal(100, answers.Select(settled => settled.Request).Distinct(StringComparer.Ordinal).Count());
        await channel.Reader.Completion;
    }

    [Fact]
    public async Task An_error_given_to_the_writer_is_the_readers_after_the_last_answer()
    {
        await using PipelineHarness harness = Echoing();
        PipelineChannel<string, string> channel = harness.Pipeline.AsChannel();
        await channel.Writer.WriteAsync("0", CancellationToken.None);
        channel.Writer.Complete(new InvalidDataException("line 1"));

        Assert.True(await channel.Reader.WaitToReadAsync(CancellationToken.None));
        Assert.True(channel.Reader.TryRead(out Settled<string, string> settled));
        Assert.Equal("0", settled.Outcome.Response);
        await Assert.ThrowsAsync<InvalidDataException>(() => channel.Reader.Completion.WithinPatienceAsync("the reader's end"));
    }

    [Fact]
    public async Task An_error_of_the_users_own_code_ends_both_ends_of_a_channel_so_that_no_writer_waits_for_ever()
    {
        await using PipelineHarness harness = Echoing();
        PipelineChannel<string, string> channel = harness.Pipeline.AsChannel(
            new StreamOptions<string> { Describe = request => request == "bad" ? throw new InvalidDataException(request) : default });
        await channel.Writer.WriteAsync("bad", CancellationToken.None);
        await Assert.ThrowsAsync<InvalidDataException>(() => channel.Reader.Completion.WithinPatienceAsync("the reader's end"));

        Assert.False(channel.Writer.TryWrite("more"));
        await Assert.ThrowsAsync<InvalidDataException>(
            () => channel.Writer.WaitToWriteAsync(CancellationToken.None).AsTask().WithinPatienceAsync("the writer's end"));
    }

    [Fact]
    public async Task A_channel_that_nobody_reads_makes_writers_wait()
    {
        await using PipelineHarness harness = Echoing();
        PipelineChannel<string, string> channel = harness.Pipeline.AsChannel();

        int written = 0;
        using CancellationTokenSource over = new();
        Task writing = Task.Run(async () =>
        {
            while (await channel.Writer.WaitToWriteAsync(CancellationToken.None))
            {
                written += channel.Writer.TryWrite($"{written}") ? 1 : 0;
            }
        });
        await harness.UntilAsync(now => now.Depths is { Settling: 4, Door: 1 }, "the pipeline to be full");

        Assert.InRange(written, 5, 8);
        await harness.StopAsync();
        await Assert.ThrowsAsync<RequestRefusedException>(() => writing.WithinPatienceAsync("the writer's release"));

        // What was answered before the stop can still be read.
        await Assert.ThrowsAsync<RequestRefusedException>(() => ReadAsync(channel).WithinPatienceAsync("the reader's end"));
    }

    [Fact]
    public async Task A_stop_completes_both_ends_of_a_channel_with_the_reason()
    {
        await using PipelineHarness harness = Echoing();
        PipelineChannel<string, string> channel = harness.Pipeline.AsChannel();

        await harness.StopAsync();

        await Assert.ThrowsAsync<RequestRefusedException>(() => channel.Reader.Completion.WithinPatienceAsync("the reader's end"));
        Assert.False(channel.Writer.TryWrite("late"));
    }

    [Fact]
    public async Task A_block_between_others_passes_everything_and_completes_after_its_last_answer()
    {
        await using PipelineHarness harness = Echoing();
        IPropagatorBlock<string, Settled<string, string>> block = harness.Pipeline.AsPropagatorBlock(new StreamOptions<string> { Ordered = true });
        List<string> seen = [];
        ActionBlock<Settled<string, string>> sink = new(settled => seen.Add(settled.Outcome.Response!));
        BufferBlock<string> source = new();
        DataflowLinkOptions link = new() { PropagateCompletion = true };
        source.LinkTo(block, link);
        block.LinkTo(sink, link);

        for (int n = 0; n < 200; n++)
        {
            source.Post($"{n}");
        }

        source.Complete();
        await sink.Completion.WithinPatienceAsync("the sink's end");

        Assert.Equal(string.Join(' ', Enumerable.Range(0, 200)), string.Join(' ', seen));
        await block.Completion;
    }

    [Fact]
    public async Task A_block_whose_input_is_faulted_faults_its_output()
    {
        await using PipelineHarness harness = Echoing();
        IPropagatorBlock<string, Settled<string, string>> block = harness.Pipeline.AsPropagatorBlock();

        block.Fault(new InvalidDataException("upstream"));

        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => block.Completion.WithinPatienceAsync("the block's end"));
        Assert.Contains("upstream", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_faults_a_block_and_senders_learn_it()
    {
        await using PipelineHarness harness = Echoing();
        IPropagatorBlock<string, Settled<string, string>> block = harness.Pipeline.AsPropagatorBlock();

        await harness.StopAsync();

        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => block.Completion.WithinPatienceAsync("the block's end"));
        Assert.Contains("stopping", error.ToString(), StringComparison.Ordinal);
        Assert.False(await block.SendAsync("late", CancellationToken.None));
    }

    [Fact]
    public async Task A_block_that_nobody_takes_from_makes_senders_wait()
    {
        await using PipelineHarness harness = Echoing();
        IPropagatorBlock<string, Settled<string, string>> block = harness.Pipeline.AsPropagatorBlock();

        int sent = 0;
        Task sending = Task.Run(async () =>
        {
            while (await block.SendAsync($"{sent}", CancellationToken.None))
            {
                sent++;
            }
        });
        await harness.UntilAsync(now => now.Depths is { Settling: 4, Door: 1 }, "the pipeline to be full");

        Assert.InRange(sent, 5, 9);
        await harness.StopAsync();
        await sending.WithinPatienceAsync("the sender's release");

        // What was answered before the stop can still be received.
        while (await block.OutputAvailableAsync().WithinPatienceAsync("an answer or the end"))
        {
            await block.ReceiveAsync();
        }
    }

    private static async Task<List<Settled<string, string>>> ReadAsync(PipelineChannel<string, string> channel)
    {
        List<Settled<string, string>> answers = [];
        while (await channel.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (channel.Reader.TryRead(out Settled<string, string> settled))
            {
                answers.Add(settled);
            }
        }

        return answers;
    }
}
