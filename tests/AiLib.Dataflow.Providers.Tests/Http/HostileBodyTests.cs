using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace AiLib.Dataflow.Providers.Tests.Http;

/// <summary>Answers that do not end, that drip, or that are no answers: S-09 of docs/security.md.</summary>
public sealed class HostileBodyTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_body_of_a_byte_a_second_is_cut_at_the_idle_timeout()
    {
        DrippingStream body = new(_time, Second, index => index == 0 ? (byte)'"' : (byte)'x');

        Outcome<ProviderResponse> outcome = await CallAsync(body, TimeSpan.FromSeconds(60));

        Assert.Equal(ProviderErrorCode.Timeout, outcome.Error().Code);
        Assert.True(outcome.Kind.CanRetry());
        Assert.Contains("60 s", outcome.Error().Message, StringComparison.Ordinal);
        Assert.InRange(body.Given, 55, 62);
    }

    [Fact]
    public async Task A_body_that_stands_still_is_cut_at_the_idle_timeout()
    {
        StandingStream body = new(Encoding.UTF8.GetBytes("""{"choices":["""));

        Outcome<ProviderResponse> outcome = await WhileTimePassesAsync(CallAsync(body, TimeSpan.FromSeconds(60)));

        Assert.Equal(ProviderErrorCode.Timeout, outcome.Error().Code);
    }

    [Fact]
    public async Task Blanks_while_a_model_thinks_are_life_and_an_answer_may_arrive_as_slowly_as_a_modem()
    {
        // A blank every 50 s for nearly ten minutes, then 30 bytes a second.
        byte[] answer = Encoding.UTF8.GetBytes(Endpoints.Answer.Replace("chatcmpl-1", new string('x', 4_000), StringComparison.Ordinal));
        int blanks = 11;
        DrippingStream body = new(_time, index => index < blanks ? 50 * Second : Second / 30, index => index < blanks ? (byte)' ' : index - blanks < answer.Length ? answer[index - blanks] : null);

        Outcome<ProviderResponse> outcome = await CallAsync(body, TimeSpan.FromSeconds(60));

        Assert.True(outcome.IsAnswered, outcome.Error?.Message);
        Assert.True(_time.GetUtcNow() - _time.Start > TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task The_callers_own_time_ends_a_body_that_drips_blanks_for_ever()
    {
        using CancellationTokenSource attempt = new(TimeSpan.FromMinutes(10), _time);
        DrippingStream body = new(_time, Second, static _ => (byte)' ');
        using ScriptedHandler wire = new(_ => new HttpResponseMessage { Content = new StreamContent(body) });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Endpoints.CallAsync(wire, Endpoints.Options with { MaxResponseBytes = 1_000_000 }, time: _time, cancellationToken: attempt.Token));

        Assert.InRange(body.Given, 590, 602);
    }

    [Fact]
    public async Task Without_an_idle_timeout_a_body_may_drip()
    {
        byte[] answer = Encoding.UTF8.GetBytes(Endpoints.Answer);
        DrippingStream body = new(_time, 30 * Second, index => index < answer.Length ? answer[index] : null);

        Assert.True((await CallAsync(body, Timeout.InfiniteTimeSpan)).IsAnswered);
    }

    [Fact]
    public async Task An_error_keeps_its_meaning_although_its_body_stands_still()
    {
        StandingStream body = new("""{"error":{"message":"slow down"""u8.ToArray());

        Outcome<ProviderResponse> outcome = await WhileTimePassesAsync(CallAsync(body, TimeSpan.FromSeconds(60), HttpStatusCode.TooManyRequests));

        Assert.Equal(OutcomeKind.Throttled, outcome.Kind);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(25 * 3600)]
    public void An_idle_timeout_out_of_range_is_refused(int seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ProviderEndpoint(Endpoints.Options with { IdleTimeout = TimeSpan.FromSeconds(seconds) }));

    [Theory]
    [InlineData(0, true)]
    [InlineData(8, true)]
    [InlineData(9, false)]
    [InlineData(5_000, false)]
    public async Task Eight_interim_answers_are_read_and_no_more(int count, bool isAnswered)
    {
        string interim = string.Concat(Enumerable.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", count));
        await using LoopbackServer server = new(interim + Answer(""));

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler: null, Endpoints.Options with { BaseAddress = server.Address });

        Assert.Equal(isAnswered, outcome.IsAnswered);
        if (!isAnswered)
        {
            Assert.Contains("more than 8 interim answers", outcome.Error().Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(60, true)]
    [InlineData(70, false)]
    [InlineData(10_000, false)]
    public async Task Headers_of_64_KiB_are_read_and_no_more(int kibibytes, bool isAnswered)
    {
        string headers = string.Concat(Enumerable.Range(0, kibibytes).Select(static number => $"X-{number:D5}: {new string('x', 1013)}\r\n"));
        await using LoopbackServer server = new(Answer(headers));

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler: null, Endpoints.Options with { BaseAddress = server.Address });

        Assert.Equal(isAnswered, outcome.IsAnswered);
        if (!isAnswered)
        {
            Assert.Contains("headers are longer than allowed", outcome.Error().Message, StringComparison.Ordinal);
        }
    }

    // The body stands, and its time runs, before the call is back: one minute and one second are enough, and the time does not stop the call before.
    private async Task<Outcome<ProviderResponse>> WhileTimePassesAsync(Task<Outcome<ProviderResponse>> call)
    {
        Assert.False(call.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(call.IsCompleted);
        _time.Advance(2 * Second);
        return await call.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private static string Answer(string headers) =>
        $"HTTP/1.1 200 OK\r\n{headers}Content-Type: application/json\r\nContent-Length: {Endpoints.Answer.Length}\r\nConnection: close\r\n\r\n{Endpoints.Answer}";

    private async Task<Outcome<ProviderResponse>> CallAsync(Stream body, TimeSpan idleTimeout, HttpStatusCode status = HttpStatusCode.OK)
    {
        using ScriptedHandler wire = new(_ => new HttpResponseMessage(status) { Content = new StreamContent(body) });
        return await Endpoints.CallAsync(wire, Endpoints.Options with { IdleTimeout = idleTimeout }, time: _time);
    }

    /// <summary>Gives one byte at a time, and lets the time between two of them pass.</summary>
    private sealed class DrippingStream(FakeTimeProvider time, Func<int, TimeSpan> pauses, Func<int, byte?> bytes) : ReadStream
    {
        public DrippingStream(FakeTimeProvider time, TimeSpan pause, Func<int, byte?> bytes)
            : this(time, _ => pause, bytes)
        {
        }

        public int Given { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            time.Advance(pauses(Given));
            cancellationToken.ThrowIfCancellationRequested();
            if (bytes(Given) is not { } value)
            {
                return ValueTask.FromResult(0);
            }

            Assert.InRange(Given, 0, 100_000);
            Given++;
            buffer.Span[0] = value;
            return ValueTask.FromResult(1);
        }
    }

    /// <summary>Gives its bytes and then nothing, nor an end.</summary>
    private sealed class StandingStream(byte[] bytes) : ReadStream
    {
        private bool _isGiven;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_isGiven)
            {
                _isGiven = true;
                bytes.CopyTo(buffer);
                return bytes.Length;
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return 0;
        }
    }

    private abstract class ReadStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
