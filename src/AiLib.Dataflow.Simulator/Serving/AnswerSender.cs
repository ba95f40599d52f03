using Microsoft.AspNetCore.Http;

namespace AiLib.Dataflow.Simulator.Serving;

/// <summary>Sends answers when they are due, whole or as a stream.</summary>
internal static class AnswerSender
{
    /// <summary>The content type of a stream.</summary>
    public const string EventStream = "text/event-stream";

    // Tokens that are due together are sent together, up to this many bytes.
    private const int FlushAbove = 16 * 1024;

    /// <summary>Sends the answer in the form that was asked for.</summary>
    public static Task SendAsync(Visit visit) => visit.Answer.Request.Stream ? StreamAsync(visit) : SendWholeAsync(visit);

    /// <summary>Sends the opening and some tokens of a stream, each when it is due, without the closing.</summary>
    public static async Task SendTokensAsync(Visit visit, ResponseBuffer buffer, int tokens)
    {
        HttpResponse response = visit.Context.Response;
        response.ContentType = EventStream;
        response.Headers.CacheControl = "no-cache";
        await visit.Wait.UntilAsync(visit.Latency.Until(0)).ConfigureAwait(Continuations.KeepContext);
        visit.Route.Format.WriteOpening(buffer, visit.Answer);
        for (int index = 0; index < tokens; index++)
        {
            TimeSpan due = visit.Latency.Until(index + 1);
            if (!visit.Wait.IsDue(due))
            {
                // What is written must be on its way before waiting for more.
                await FlushAsync(response, buffer).ConfigureAwait(Continuations.KeepContext);
                await visit.Wait.UntilAsync(due).ConfigureAwait(Continuations.KeepContext);
            }

            visit.Route.Format.WriteToken(buffer, visit.Answer, index);
            if (buffer.Written.Length > FlushAbove)
            {
                await FlushAsync(response, buffer).ConfigureAwait(Continuations.KeepContext);
            }
        }
    }

    /// <summary>Sends what is in the buffer and empties it.</summary>
    public static async Task FlushAsync(HttpResponse response, ResponseBuffer buffer)
    {
        await response.BodyWriter.WriteAsync(buffer.Written).ConfigureAwait(Continuations.KeepContext);
        buffer.Clear();
    }

    private static async Task SendWholeAsync(Visit visit)
    {
        await visit.Wait.UntilAsync(visit.Latency.Until(visit.Answer.CompletionTokens)).ConfigureAwait(Continuations.KeepContext);
        using ResponseBuffer buffer = ResponseBuffer.Rent();
        visit.Route.Format.WriteWhole(buffer, visit.Answer);
        visit.Stay.End();
        await BodySender.SendAsync(visit.Context, 200, BodySender.Json, buffer.Written).ConfigureAwait(Continuations.KeepContext);
    }

    private static async Task StreamAsync(Visit visit)
    {
        using ResponseBuffer buffer = ResponseBuffer.Rent();
        await SendTokensAsync(visit, buffer, visit.Answer.CompletionTokens).ConfigureAwait(Continuations.KeepContext);
        visit.Route.Format.WriteClosing(buffer, visit.Answer);
        visit.Stay.End();
        await FlushAsync(visit.Context.Response, buffer).ConfigureAwait(Continuations.KeepContext);
    }
}
