using System.IO.Pipelines;
using System.Text;
using AiLib.Dataflow.Providers.Http;

namespace AiLib.Dataflow.Providers.Tests.Http;

/// <summary>As the transport reads: a read of no bytes that waits, begun before the request is written, and then one that takes.</summary>
public sealed class InterimLimitTests
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private const string Interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";

    private readonly Pipe _server = new(new PipeOptions(useSynchronizationContext: false));

    [Theory]
    [InlineData(8, false)]
    [InlineData(9, true)]
    public async Task The_second_request_on_a_connection_has_the_same_limit(int count, bool isRefused)
    {
        await using InterimLimit connection = new(new Duplex(_server.Reader.AsStream()));
        Assert.Equal(Head, await ExchangeAsync(connection, Head));

        Task<string> second = ExchangeAsync(connection, string.Concat(Enumerable.Repeat(Interim, count)) + Head);

        if (isRefused)
        {
            await Assert.ThrowsAsync<InterimAnswersException>(() => second);
        }
        else
        {
            Assert.EndsWith(Head, await second, StringComparison.Ordinal);
        }
    }

    private async Task<string> ExchangeAsync(InterimLimit connection, string answer)
    {
        byte[] buffer = new byte[answer.Length];
        ValueTask<int> ahead = connection.ReadAsync(Memory<byte>.Empty);
        await connection.WriteAsync("POST / HTTP/1.1\r\n\r\n"u8.ToArray());
        Assert.False(ahead.IsCompleted);
        await _server.Writer.WriteAsync(Encoding.ASCII.GetBytes(answer));
        Assert.Equal(0, await ahead);
        await connection.ReadExactlyAsync(buffer);
        return Encoding.ASCII.GetString(buffer);
    }

    /// <summary>Reads what the server wrote; what is written to it goes nowhere.</summary>
    private sealed class Duplex(Stream reading) : Stream
    {
        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => reading.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
