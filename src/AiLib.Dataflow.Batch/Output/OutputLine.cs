using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>Writes result and error lines as OpenAI's batch API does: the same keys in the same order, nothing else.</summary>
/// <remarks>
/// A body passes through byte for byte; only where it has line breaks the white space between its tokens goes. The id follows from the
/// <c>custom_id</c> alone, so a line has the same one in every run. The keys are written as they stand here and not by a JSON writer, which would
/// look at each of them again. For one thread: the line is valid until the next one is written.
/// </remarks>
internal sealed class OutputLine : IDisposable
{
    // Text stays readable; what stands in a JSON file is not HTML.
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        // It writes one value at a time, somewhere in a line.
        SkipValidation = true,
    };

    // What stands in a JSON string as it is: visible ASCII and spaces, less the quote and the backslash.
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(static code => (char)code).Where(static letter => letter is not ('"' or '\\'))));

    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Utf8JsonWriter _texts;

    public OutputLine() => _texts = new Utf8JsonWriter(_buffer, Options);

    /// <summary>What stands before the cost of an answer. In a text the quotes would be escaped, so it is found nowhere else before the answer.</summary>
    public static ReadOnlySpan<byte> Cost => ",\"cost_usd\":"u8;

    /// <summary>What stands before the answer, or before there being none.</summary>
    public static ReadOnlySpan<byte> Exchange => ",\"response\":"u8;

    /// <summary>What every line begins with.</summary>
    public static ReadOnlySpan<byte> Opening => "{\"id\":\"batch_req_"u8;

    /// <summary>The line of an answer.</summary>
    public ReadOnlySpan<byte> Answered(BatchRequest request, ProviderResponse response, LineFacts? facts = null)
    {
        Begin(request.Id, request.CustomId);
        Facts(facts);
        BeginExchange(response.StatusCode, response.RequestId);
        if (response.BodyIsJson || JsonCompactor.IsOneValue(response.Body.Span))
        {
            _buffer.Write(JsonCompactor.ToOneLine(response.Body).Span);
        }
        else
        {
            // An endpoint of the user's own. What is no JSON is kept as a string: a line must be whole JSON whatever came.
            _texts.Reset();
            _texts.WriteStringValue(response.Body.Span);
            _texts.Flush();
        }

        return EndExchange();
    }

    /// <summary>The line of a request that was not answered.</summary>
    public ReadOnlySpan<byte> Failed(BatchRequest request, in Outcome<ProviderResponse> outcome, LineFacts? facts = null)
    {
        Begin(request.Id, request.CustomId);
        Facts(facts);
        ProviderException? error = FailureCode.ProviderErrorOf(outcome);
        string code = FailureCode.Prefix + FailureCode.CodeOf(outcome).ToText();

        // A damaged answer has a status of success; to say so in an error line would mislead whoever counts statuses.
        if (error is not { StatusCode: { } status and (< 200 or > 299) })
        {
            return NoExchange(code, FailureCode.MessageOf(outcome));
        }

        BeginExchange(status, error.RequestId);
        if (error.BodyIsJson && JsonCompactor.IsOneValue(error.Body.Span))
        {
            _buffer.Write(JsonCompactor.ToOneLine(error.Body).Span);
        }
        else
        {
            _buffer.Write("{\"error\":{\"message\":"u8);
            Text(error.Message);
            _buffer.Write(",\"type\":"u8);
            Text(error.Code.ToName());
            _buffer.Write(",\"param\":null,\"code\":"u8);
            Text(code);
            _buffer.Write("}}"u8);
        }

        return EndExchange();
    }

    /// <summary>The line of an input line that is no request.</summary>
    public ReadOnlySpan<byte> Refused(BatchLineError error)
    {
        Begin(BatchId.OfLine(error.Line), error.CustomId);
        return NoExchange(error.Code, error.ToString());
    }

    /// <summary>The line of a request that gets the answer of an equal one.</summary>
    /// <param name="request">The request.</param>
    /// <param name="line">The line of the other, without its line feed.</param>
    public ReadOnlySpan<byte> Copied(BatchRequest request, ReadOnlySpan<byte> line)
    {
        // The id and the custom_id come first, as written above, and the facts next, if there are any. They are not the follower's: it took no attempt.
        Utf8JsonReader reader = new(line);
        for (int token = 0; token < 5; token++)
        {
            reader.Read();
        }

        int answer = (int)reader.BytesConsumed;
        reader.Read();
        if (reader.ValueTextEquals("ailib"u8))
        {
            reader.Skip();
            answer = (int)reader.BytesConsumed;
        }

        Begin(request.Id, request.CustomId);
        _buffer.Write(",\"ailib\":{\"attempts\":0}"u8);
        _buffer.Write(line[answer..]);
        _buffer.Write("\n"u8);
        return _buffer.WrittenSpan;
    }

    /// <inheritdoc/>
    public void Dispose() => _texts.Dispose();

    private void Begin(BatchId id, string? customId)
    {
        _buffer.ResetWrittenCount();
        _buffer.Write("{\"id\":\""u8);
        id.Format(_buffer.GetSpan(BatchId.Length));
        _buffer.Advance(BatchId.Length);
        _buffer.Write("\",\"custom_id\":"u8);
        Text(customId);
    }

    private void Facts(LineFacts? known)
    {
        if (known is not { } facts)
        {
            return;
        }

        _buffer.Write(",\"ailib\":{\"target\":"u8);
        Text(facts.Target);
        _buffer.Write(",\"attempts\":"u8);
        Number(facts.Attempts);
        _buffer.Write(",\"latency_ms\":"u8);
        Number((long)facts.Elapsed.TotalMilliseconds);
        if (facts.Usage is { } usage)
        {
            _buffer.Write(",\"input_tokens\":"u8);
            Number(usage.InputTokens);
            _buffer.Write(",\"output_tokens\":"u8);
            Number(usage.OutputTokens);
        }

        if (facts.CostUsd is { } cost)
        {
            _buffer.Write(Cost);
            Number(cost);
        }

        if (facts.RetryAfter is { } wait)
        {
            _buffer.Write(",\"retry_after_ms\":"u8);
            Number((long)wait.TotalMilliseconds);
        }

        if (facts.Reason is { } reason)
        {
            _buffer.Write(",\"reason\":"u8);
            Text(reason);
        }

        _buffer.Write("}"u8);
    }

    private void BeginExchange(int status, string? requestId)
    {
        _buffer.Write(",\"response\":{\"status_code\":"u8);
        Number(status);

        // Always a string at OpenAI, and strict readers want one.
        _buffer.Write(",\"request_id\":"u8);
        Text(requestId ?? "");
        _buffer.Write(",\"body\":"u8);
    }

    private ReadOnlySpan<byte> EndExchange()
    {
        _buffer.Write("},\"error\":null}\n"u8);
        return _buffer.WrittenSpan;
    }

    private ReadOnlySpan<byte> NoExchange(string code, string message)
    {
        _buffer.Write(",\"response\":null,\"error\":{\"code\":"u8);
        Text(code);
        _buffer.Write(",\"message\":"u8);
        Text(message);
        _buffer.Write("}}\n"u8);
        return _buffer.WrittenSpan;
    }

    private void Number(long value)
    {
        const int LongestNumber = 20;
        value.TryFormat(_buffer.GetSpan(LongestNumber), out int length, provider: CultureInfo.InvariantCulture);
        _buffer.Advance(length);
    }

    private void Number(decimal value)
    {
        const int LongestNumber = 32;
        value.TryFormat(_buffer.GetSpan(LongestNumber), out int length, provider: CultureInfo.InvariantCulture);
        _buffer.Advance(length);
    }

    private void Text(string? text)
    {
        if (text is not null && text.AsSpan().IndexOfAnyExcept(Plain) < 0)
        {
            Span<byte> room = _buffer.GetSpan(text.Length + 2);
            room[0] = (byte)'"';
            int length = Encoding.ASCII.GetBytes(text, room[1..]);
            room[length + 1] = (byte)'"';
            _buffer.Advance(length + 2);
            return;
        }

        _texts.Reset();
        _texts.WriteStringValue(text);
        _texts.Flush();
    }
}
