using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>Writes result and error lines as OpenAI's batch API does: the same keys in the same order, nothing else.</summary>
/// <remarks>
/// A body passes through byte for byte; only where it has line breaks the white space between its tokens goes. The id follows from the
/// <c>custom_id</c> alone, so a line
/// has the same one in every run. For one thread: the line is valid until the next one is written.
/// </remarks>
internal sealed class OutputLine : IDisposable
{
    // Text stays readable; what stands in a JSON file is not HTML.
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        // What is written raw was looked at before.
        SkipValidation = true,
    };

    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Utf8JsonWriter _writer;

    public OutputLine() => _writer = new Utf8JsonWriter(_buffer, Options);

    /// <summary>What every line begins with.</summary>
    public static ReadOnlySpan<byte> Opening => "{\"id\":\"batch_req_"u8;

    /// <summary>The line of an answer.</summary>
    public ReadOnlySpan<byte> Answered(BatchRequest request, ProviderResponse response)
    {
        Begin(request.Id, request.CustomId);
        if (JsonCompactor.IsOneValue(response.Body.Span))
        {
            Exchange(response.StatusCode, response.RequestId, response.Body);
        }
        else
        {
            // An endpoint of the user's own. What is no JSON is kept as a string: a line must be whole JSON whatever came.
            BeginExchange(response.StatusCode, response.RequestId);
            _writer.WriteStringValue(response.Body.Span);
            EndExchange();
        }

        return End();
    }

    /// <summary>The line of a request that was not answered.</summary>
    public ReadOnlySpan<byte> Failed(BatchRequest request, in Outcome<ProviderResponse> outcome)
    {
        Begin(request.Id, request.CustomId);
        ProviderException? error = FailureCode.ProviderErrorOf(outcome);
        string code = FailureCode.CodeOf(outcome).ToText();

        // A damaged answer has a status of success; to say so in an error line would mislead whoever counts statuses.
        if (error is not { StatusCode: { } status and (< 200 or > 299) })
        {
            return NoExchange(FailureCode.Prefix + code, FailureCode.MessageOf(outcome));
        }

        if (error.BodyIsJson && JsonCompactor.IsOneValue(error.Body.Span))
        {
            Exchange(status, error.RequestId, error.Body);
            return End();
        }

        BeginExchange(status, error.RequestId);
        _writer.WriteStartObject();
        _writer.WriteStartObject("error"u8);
        _writer.WriteString("message"u8, error.Message);
        _writer.WriteString("type"u8, error.Code.ToName());
        _writer.WriteNull("param"u8);
        _writer.WriteString("code"u8, FailureCode.Prefix + code);
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        EndExchange();
        return End();
    }

    /// <summary>The line of an input line that is no request.</summary>
    public ReadOnlySpan<byte> Refused(BatchLineError error)
    {
        Begin(BatchId.OfLine(error.Line), error.CustomId);
        return NoExchange(error.Code, error.ToString());
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private void Begin(BatchId id, string? customId)
    {
        _buffer.ResetWrittenCount();
        _writer.Reset();
        _writer.WriteStartObject();
        _writer.WriteString("id"u8, id.ToString());
        _writer.WriteString("custom_id"u8, customId);
    }

    private void Exchange(int status, string? requestId, ReadOnlyMemory<byte> body)
    {
        BeginExchange(status, requestId);
        _writer.WriteRawValue(JsonCompactor.ToOneLine(body).Span, skipInputValidation: true);
        EndExchange();
    }

    private void BeginExchange(int status, string? requestId)
    {
        _writer.WriteStartObject("response"u8);
        _writer.WriteNumber("status_code"u8, status);

        // Always a string at OpenAI, and strict readers want one.
        _writer.WriteString("request_id"u8, requestId ?? "");
        _writer.WritePropertyName("body"u8);
    }

    private void EndExchange()
    {
        _writer.WriteEndObject();
        _writer.WriteNull("error"u8);
    }

    private ReadOnlySpan<byte> NoExchange(string code, string message)
    {
        _writer.WriteNull("response"u8);
        _writer.WriteStartObject("error"u8);
        _writer.WriteString("code"u8, code);
        _writer.WriteString("message"u8, message);
        _writer.WriteEndObject();
        return End();
    }

    private ReadOnlySpan<byte> End()
    {
        _writer.WriteEndObject();
        _writer.Flush();
        _buffer.Write("\n"u8);
        return _buffer.WrittenSpan;
    }
}
