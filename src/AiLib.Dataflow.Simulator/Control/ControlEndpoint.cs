using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Simulator.Desk;
using AiLib.Dataflow.Simulator.Requests;
using AiLib.Dataflow.Simulator.Serving;
using Microsoft.AspNetCore.Http;

namespace AiLib.Dataflow.Simulator.Control;

/// <summary>Shows and changes the simulator over HTTP. It needs no key, is not counted and appears in no history.</summary>
internal sealed class ControlEndpoint(FrontDesk desk)
{
    /// <summary>What its paths begin with.</summary>
    public const string Root = "/_simulator";

    private const int FlushAbove = 64 * 1024;

    /// <summary>Handles one request.</summary>
    public Task HandleAsync(HttpContext context) => (context.Request.Method, context.Request.Path.Value) switch
    {
        ("GET", "/_simulator/state") => SendStateAsync(context),
        ("GET", "/_simulator/history") => SendHistoryAsync(context),
        ("POST", "/_simulator/reset") => ResetAsync(context),
        ("PUT", "/_simulator/settings") => ChangeAsync(context),
        _ => SendErrorAsync(context, 404, "Use GET /_simulator/state, GET /_simulator/history, POST /_simulator/reset or PUT /_simulator/settings."),
    };

    private async Task SendStateAsync(HttpContext context)
    {
        using ResponseBuffer buffer = ResponseBuffer.Rent();
        StateWriter.WriteState(buffer.BeginJson(), desk.Options, desk.Counts);
        await BodySender.SendAsync(context, 200, BodySender.Json, buffer.Written).ConfigureAwait(Continuations.KeepContext);
    }

    private async Task SendHistoryAsync(HttpContext context)
    {
        context.Response.ContentType = "application/x-ndjson";
        using ResponseBuffer buffer = ResponseBuffer.Rent();
        foreach (Arrival arrival in desk.History.Snapshot())
        {
            StateWriter.WriteArrival(buffer.BeginJson(), arrival);
            buffer.Append("\n"u8);
            if (buffer.Written.Length > FlushAbove)
            {
                await AnswerSender.FlushAsync(context.Response, buffer).ConfigureAwait(Continuations.KeepContext);
            }
        }

        await AnswerSender.FlushAsync(context.Response, buffer).ConfigureAwait(Continuations.KeepContext);
    }

    private Task ResetAsync(HttpContext context)
    {
        desk.Reset();
        return SendStateAsync(context);
    }

    private async Task ChangeAsync(HttpContext context)
    {
        string? error;
        using (PooledBody? body = await PooledBody.ReadAsync(context.Request.BodyReader, context.Request.ContentLength)
            .ConfigureAwait(Continuations.KeepContext))
        {
            error = body is null ? "The body is too large." : Change(body.Span);
        }

        await (error is null ? SendStateAsync(context) : SendErrorAsync(context, 400, error)).ConfigureAwait(Continuations.KeepContext);
    }

    private string? Change(ReadOnlySpan<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(Encoding.UTF8.GetString(body));
            SettingsReader.Check(document.RootElement);
            desk.Update(options => SettingsReader.Apply(document.RootElement, options));
            return null;
        }
        catch (JsonException exception)
        {
            return $"The body is not JSON: {exception.Message}";
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
        catch (ArgumentException exception)
        {
            return exception.Message;
        }
    }

    private static async Task SendErrorAsync(HttpContext context, int status, string message)
    {
        using ResponseBuffer buffer = ResponseBuffer.Rent();
        Utf8JsonWriter json = buffer.BeginJson();
        json.WriteStartObject();
        json.WriteString("error"u8, message);
        json.WriteEndObject();
        json.Flush();
        await BodySender.SendAsync(context, status, BodySender.Json, buffer.Written).ConfigureAwait(Continuations.KeepContext);
    }
}
