using System.Threading.Channels;
using AiLib.Dataflow.Rivals.Policies;

namespace AiLib.Dataflow.Rivals.Streaming;

/// <summary>The floor: one hop through a bare bounded channel, then the provider. No limit, no retry, no breaker, no signals.</summary>
/// <remarks>
/// <para>One consumer for a provider that answers at once, else as many as may be in flight.</para>
/// <para>A consumer that waits goes on within the write that wakes it. That is the cheapest form of a channel, and the only one that repeats: woken
/// through the thread pool, writer and reader meet as it happens, and the same hop takes from 45 to 340 ns.</para>
/// </remarks>
public sealed class ChannelStreaming(IProvider provider, int inFlight) : IStreamRival
{
    // A request that tells one consumer to end: cheaper than completing the channel, which throws in each consumer that waits.
    private const int End = -1;

    private readonly int _consumers = provider.Yields ? inFlight : 1;

    /// <inheritdoc/>
    public string Name => RivalNames.Floor;

    /// <inheritdoc/>
    public async Task<long> RunAsync(int requests)
    {
        // Writer: this method. Readers: the consumers below.
        Channel<int> channel = Channel.CreateBounded<int>(
            new BoundedChannelOptions(PipelinePolicy.SlotsFor(inFlight))
            {
                SingleWriter = true,
                SingleReader = _consumers == 1,
                AllowSynchronousContinuations = true,
            });
        Task<long>[] consumers = new Task<long>[_consumers];
        for (int consumer = 0; consumer < consumers.Length; consumer++)
        {
            consumers[consumer] = ConsumeAsync(channel.Reader);
        }

        for (int request = 0; request < requests + _consumers; request++)
        {
            int next = request < requests ? request : End;
            if (!channel.Writer.TryWrite(next))
            {
                await channel.Writer.WriteAsync(next).ConfigureAwait(false);
            }
        }

        long sum = 0;
        foreach (Task<long> consumer in consumers)
        {
            sum += await consumer.ConfigureAwait(false);
        }

        return sum;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<long> ConsumeAsync(ChannelReader<int> requests)
    {
        long sum = 0;
        while (true)
        {
            if (!requests.TryRead(out int request))
            {
                request = await requests.ReadAsync().ConfigureAwait(false);
            }

            if (request == End)
            {
                return sum;
            }

            sum += await provider.AnswerAsync(request).ConfigureAwait(false);
        }
    }
}
