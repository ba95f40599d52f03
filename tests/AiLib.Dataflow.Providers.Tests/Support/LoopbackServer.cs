using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AiLib.Dataflow.Providers.Tests.Support;

/// <summary>A real HTTP origin on this machine that gives each connection one scripted answer, byte for byte, and closes it.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    // The first byte of a TLS client, which is answered at once since it sends no request before.
    private const char TlsHandshake = (char)22;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[] _answer;
    private readonly Task _loop;
    private int _connections;

    public LoopbackServer(string answer)
    {
        _answer = Encoding.UTF8.GetBytes(answer);
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1");
        _loop = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>Connections that were accepted, or wait to be.</summary>
    public int Connections => Volatile.Read(ref _connections) + (_listener.Pending() ? 1 : 0);

    public string LastRequest { get; private set; } = "";

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _loop;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            Interlocked.Increment(ref _connections);
            using (client)
            {
                await AnswerAsync(client.GetStream());
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        // Read the whole request: closing with unread bytes resets the connection, and the answer with it.
        var received = new StringBuilder();
        byte[] buffer = new byte[8192];
        while (!IsWhole(received.ToString()))
        {
            int read = await stream.ReadAsync(buffer);
            if (read == 0)
            {
                return;
            }

            received.Append(Encoding.Latin1.GetString(buffer, 0, read));
            if (received[0] == TlsHandshake)
            {
                break;
            }
        }

        LastRequest = received.ToString();
        try
        {
            await stream.WriteAsync(_answer);
        }
        catch (IOException)
        {
            // The client has heard enough.
        }
    }

    private static bool IsWhole(string text)
    {
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        const string Length = "Content-Length: ";
        int at = text.IndexOf(Length, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            bool isChunked = text.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase);
            return !isChunked || text.EndsWith("0\r\n\r\n", StringComparison.Ordinal);
        }

        int lineEnd = text.IndexOf("\r\n", at, StringComparison.Ordinal);
        int length = int.Parse(text[(at + Length.Length)..lineEnd], System.Globalization.CultureInfo.InvariantCulture);
        return text.Length >= end + 4 + length;
    }
}
