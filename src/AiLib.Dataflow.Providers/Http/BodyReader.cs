using System.Buffers;

namespace AiLib.Dataflow.Providers.Http;

/// <summary>Reads a body and counts while it does, so that an endless one costs no more than the cap.</summary>
internal static class BodyReader
{
    private const int FirstBuffer = 16 * 1024;

    /// <summary>Reads a body.</summary>
    /// <param name="content">The content; its stream is read once.</param>
    /// <param name="maxBytes">The cap.</param>
    /// <param name="idleTimeout">How long it may stand still.</param>
    /// <param name="timeProvider">The clock for that.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async ValueTask<BodyRead> ReadAsync(
        HttpContent content, long maxBytes, TimeSpan idleTimeout, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using BodyPatience patience = new(idleTimeout, timeProvider, cancellationToken);
        long? announced = content.Headers.ContentLength;

        // The announced length is only believed when it says no: a buffer grows with what really arrives.
        byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        int length = 0;
        int completed = 0;
        try
        {
            Task<Stream> opening = content.ReadAsStreamAsync(patience.Token);
            if (!opening.IsCompleted)
            {
                patience.Wait();
            }

            Stream stream = await opening.ConfigureAwait(Continuations.KeepContext);
            await using (stream.ConfigureAwait(Continuations.KeepContext))
            {
                while (true)
                {
                    if (length == buffer.Length)
                    {
                        buffer = Grow(buffer);
                    }

                    ValueTask<int> reading = stream.ReadAsync(buffer.AsMemory(length), patience.Token);
                    if (!reading.IsCompleted || ++completed > 2)
                    {
                        // An answer that is there comes with one read and its end with the next. More of them may take their time within the call.
                        patience.Wait();
                    }

                    int read = await reading.ConfigureAwait(Continuations.KeepContext);
                    if (read == 0)
                    {
                        BodyEnd end = announced > length ? BodyEnd.Cut : BodyEnd.Whole;
                        return new BodyRead(buffer.AsSpan(0, length).ToArray(), end);
                    }

                    patience.OnRead(buffer.AsSpan(length, read));
                    length += read;
                    if (length > maxBytes)
                    {
                        return new BodyRead(buffer.AsSpan(0, (int)maxBytes).ToArray(), BodyEnd.TooLong);
                    }
                }
            }
        }
        catch (Exception) when (patience.IsOver)
        {
            return new BodyRead(buffer.AsSpan(0, length).ToArray(), BodyEnd.Stalled);
        }
        catch (Exception exception) when (IsBroken(exception) && !cancellationToken.IsCancellationRequested)
        {
            // What arrived is kept: an error's status counts whether or not its body is whole.
            return new BodyRead(buffer.AsSpan(0, length).ToArray(), BodyEnd.Cut);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool IsBroken(Exception exception) => exception is IOException or HttpRequestException;

    private static byte[] Grow(byte[] buffer)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(checked(buffer.Length * 2));
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
