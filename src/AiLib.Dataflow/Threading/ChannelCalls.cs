using System.Threading.Channels;

namespace AiLib.Dataflow.Threading;

/// <summary>The only channel calls that wait.</summary>
/// <remarks>
/// None takes a token: the channels of the .NET 10 runtime lose or invent items when a token is cancelled at the wrong moment, and a host may load them
/// in place of the package. A loop ends because its channel was completed; cancellation is checked beside the channel.
/// </remarks>
internal static class ChannelCalls
{
#pragma warning disable RS0030 // Banned with a token; these pass none.
    /// <summary>Waits until an item can be read; false when there will be none.</summary>
    public static ValueTask<bool> UntilReadableAsync<T>(this ChannelReader<T> reader) => reader.WaitToReadAsync(CancellationToken.None);

    /// <summary>Waits until an item can be written; false when none can be any more.</summary>
    public static ValueTask<bool> UntilWritableAsync<T>(this ChannelWriter<T> writer) => writer.WaitToWriteAsync(CancellationToken.None);
#pragma warning restore RS0030
}
