using System.Threading.Channels;
using System.Threading.Tasks.Dataflow;
using AiLib.Dataflow.Settlement;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

/// <summary>The pipeline in the shapes of other libraries: both are the stream with other ends.</summary>
public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>The pipeline as a writer for requests and a reader for answers.</summary>
    /// <param name="options">Order, and what each request wants. Default: completion order.</param>
    /// <remarks>
    /// When the pipeline is disposed, what was let in can still be read; then the reader completes with a <see cref="RequestRefusedException"/>, unless the writer
    /// was completed before.
    /// </remarks>
    public PipelineChannel<TRequest, TResponse> AsChannel(StreamOptions<TRequest>? options = null)
    {
        // Writers: the user's. Reader: the stream's source. One place, because the slots are the buffer.
        Channel<TRequest> input = Channel.CreateBounded<TRequest>(new BoundedChannelOptions(1) { SingleReader = true });

        // Writer: the loop below. Reader: the user's. One place: what is in it has left its slot.
        Channel<Settled<TRequest, TResponse>> output = Channel.CreateBounded<Settled<TRequest, TResponse>>(
            new BoundedChannelOptions(1) { SingleWriter = true });

        // Not awaited: it ends when the writer is completed or the pipeline stops, and its error is the reader's.
        _ = ForwardAsync(input, output, options);
        return new PipelineChannel<TRequest, TResponse>(input.Writer, output.Reader);
    }

    /// <summary>The pipeline as a block for TPL Dataflow, to be linked between others.</summary>
    /// <param name="options">Order, and what each request wants. Default: completion order.</param>
    /// <returns>
    /// A block that completes after its last answer when it is completed, and faults when it is faulted; what was sent before is answered first. When the
    /// pipeline is disposed the block faults and declines what is offered, so that senders learn it.
    /// </returns>
    public IPropagatorBlock<TRequest, Settled<TRequest, TResponse>> AsPropagatorBlock(StreamOptions<TRequest>? options = null)
    {
        BufferBlock<TRequest> input = new(new DataflowBlockOptions { BoundedCapacity = 1 });
        BufferBlock<Settled<TRequest, TResponse>> output = new(new DataflowBlockOptions { BoundedCapacity = 1 });

        // Not awaited: it ends when the input completes or the pipeline stops, and its error is the output's.
        _ = ForwardAsync(input, output, options);
        return DataflowBlock.Encapsulate(input, output);
    }

    private async Task ForwardAsync(Channel<TRequest> input, Channel<Settled<TRequest, TResponse>> output, StreamOptions<TRequest>? options)
    {
        // The source ends when the pipeline closes its doors. The last answers can still be taken after that; if nobody does, nothing holds them.
        using CancellationTokenRegistration closing = _closing.Token.UnsafeRegister(
            static input => ((ChannelWriter<TRequest>)input!).TryComplete(new RequestRefusedException(Stopping())), input.Writer);
        Exception? error = null;
        try
        {
            await foreach (Settled<TRequest, TResponse> settled in RunAsync(ReadAsync(input.Reader), options, CancellationToken.None)
                .ConfigureAwait(Continuations.KeepContext))
            {
                while (!output.Writer.TryWrite(settled))
                {
                    if (!await output.Writer.UntilWritableAsync().ConfigureAwait(Continuations.KeepContext))
                    {
                        return;
                    }
                }
            }
        }
        catch (Exception caught)
        {
            // The writer's own error, or that the pipeline stops.
            error = caught;
        }

        // Before the other end: nobody reads any more, so whoever has seen the end must not find room to write. Complete already, unless the user's own code, such as
        // what describes a request, has thrown.
        input.Writer.TryComplete(error);
        output.Writer.TryComplete(error);
    }

    private async Task ForwardAsync(BufferBlock<TRequest> input, BufferBlock<Settled<TRequest, TResponse>> output, StreamOptions<TRequest>? options)
    {
        using CancellationTokenRegistration closing = _closing.Token.UnsafeRegister(
            static input => ((IDataflowBlock)input!).Fault(new RequestRefusedException(Stopping())), input);
        try
        {
            await foreach (Settled<TRequest, TResponse> settled in RunAsync(ReadAsync(input), options, CancellationToken.None)
                .ConfigureAwait(Continuations.KeepContext))
            {
                if (!await output.SendAsync(settled, CancellationToken.None).ConfigureAwait(Continuations.KeepContext))
                {
                    // Faulted from outside: the sender shall learn it too.
                    throw new InvalidOperationException("The block's output no longer accepts answers.");
                }
            }

            output.Complete();
        }
        catch (Exception error)
        {
            // The input's fault, the output's, or that the pipeline stops: both ends learn it.
            ((IDataflowBlock)output).Fault(error);
            ((IDataflowBlock)input).Fault(error);
        }
    }

    private static async IAsyncEnumerable<TRequest> ReadAsync(ChannelReader<TRequest> reader)
    {
        while (await reader.UntilReadableAsync().ConfigureAwait(Continuations.KeepContext))
        {
            while (reader.TryRead(out TRequest? request))
            {
                yield return request;
            }
        }
    }

    private static async IAsyncEnumerable<TRequest> ReadAsync(BufferBlock<TRequest> block)
    {
        while (await block.OutputAvailableAsync(CancellationToken.None).ConfigureAwait(Continuations.KeepContext))
        {
            while (block.TryReceive(out TRequest? request))
            {
                yield return request;
            }
        }

        // Throws what the block was faulted with.
        await block.Completion.ConfigureAwait(Continuations.KeepContext);
    }
}
