using AiLib.Dataflow.Simulator.Dialects;
using Microsoft.AspNetCore.Http;

namespace AiLib.Dataflow.Simulator.Serving;

/// <summary>Fails a request in the way that was decided.</summary>
internal static class FaultSender
{
    private static readonly TimeSpan DripInterval = TimeSpan.FromMilliseconds(100);

    private static readonly ReadOnlyMemory<byte> Page = """
        <html>
        <head><title>502 Bad Gateway</title></head>
        <body>
        <center><h1>502 Bad Gateway</h1></center>
        <hr><center>cloudflare</center>
        </body>
        </html>

        """u8.ToArray();

    /// <summary>Sends the fault. Refusals come at once, everything else when the first token was due.</summary>
    public static async Task SendAsync(Visit visit, FaultKind kind, DateTimeOffset now)
    {
        if (kind is FaultKind.RateLimited or FaultKind.RateLimitedBare)
        {
            visit.Stay.End();
            await RefuseAsync(visit, kind, now).ConfigureAwait(Continuations.KeepContext);
            return;
        }

        await visit.Wait.UntilAsync(visit.Latency.Until(0)).ConfigureAwait(Continuations.KeepContext);
        if (kind is not (FaultKind.HalfBody or FaultKind.EndlessBody))
        {
            visit.Stay.End();
        }

        switch (kind)
        {
            case FaultKind.Reset:
                // Kestrel closes the socket with a reset when nothing more is to be sent.
                visit.Context.Abort();
                break;
            case FaultKind.Html:
                await BodySender.SendAsync(visit.Context, 502, "text/html", Page).ConfigureAwait(Continuations.KeepContext);
                break;
            case FaultKind.HtmlOk:
                await BodySender.SendAsync(visit.Context, 200, "text/html", Page).ConfigureAwait(Continuations.KeepContext);
                break;
            case FaultKind.HalfBody:
                visit.AddHeaders(now);
                await SendHalfAsync(visit).ConfigureAwait(Continuations.KeepContext);
                break;
            case FaultKind.EndlessBody:
                visit.AddHeaders(now);
                await DripAsync(visit).ConfigureAwait(Continuations.KeepContext);
                break;
            default:
                ProviderError error = visit.Route.Dialect.Fault(kind, visit.Options.RetryAfter, visit.Answer.Request.Model);
                await BodySender.SendErrorAsync(visit.Context, visit.Route.Dialect, error, visit.RequestId)
                    .ConfigureAwait(Continuations.KeepContext);
                break;
        }
    }

    private static Task RefuseAsync(Visit visit, FaultKind kind, DateTimeOffset now)
    {
        if (kind == FaultKind.RateLimited)
        {
            visit.AddHeaders(now);
            visit.Route.Dialect.AddRetryAfter(visit.Context.Response.Headers, visit.Options.RetryAfter);
        }

        // The bare one gives no hint at all: neither headers nor a time in its text.
        ProviderError error = visit.Route.Dialect.Fault(kind, visit.Options.RetryAfter, visit.Answer.Request.Model);
        return BodySender.SendErrorAsync(visit.Context, visit.Route.Dialect, error, visit.RequestId);
    }

    private static async Task SendHalfAsync(Visit visit)
    {
        using ResponseBuffer buffer = ResponseBuffer.Rent();
        HttpResponse response = visit.Context.Response;
        if (visit.Answer.Request.Stream)
        {
            await AnswerSender.SendTokensAsync(visit, buffer, visit.Answer.CompletionTokens / 2).ConfigureAwait(Continuations.KeepContext);
            visit.Stay.End();
            await AnswerSender.FlushAsync(response, buffer).ConfigureAwait(Continuations.KeepContext);

            // Without a length only an error keeps the server from ending the stream properly: it then closes the connection.
            throw new CutShortException();
        }

        visit.Route.Format.WriteWhole(buffer, visit.Answer);
        response.ContentType = BodySender.Json;
        response.ContentLength = buffer.Written.Length;

        visit.Stay.End();

        // Fewer bytes than announced: the server sends what there is and closes the connection.
        await response.BodyWriter.WriteAsync(buffer.Written[..(buffer.Written.Length / 2)]).ConfigureAwait(Continuations.KeepContext);
    }

    private static async Task DripAsync(Visit visit)
    {
        using ResponseBuffer buffer = ResponseBuffer.Rent();
        HttpResponse response = visit.Context.Response;
        bool streamed = visit.Answer.Request.Stream;
        if (streamed)
        {
            await AnswerSender.SendTokensAsync(visit, buffer, visit.Answer.CompletionTokens).ConfigureAwait(Continuations.KeepContext);
            await AnswerSender.FlushAsync(response, buffer).ConfigureAwait(Continuations.KeepContext);
        }
        else
        {
            // All but the last brace, so that nothing a reader has seen is wrong yet.
            visit.Route.Format.WriteWhole(buffer, visit.Answer);
            response.ContentType = BodySender.Json;
            await response.BodyWriter.WriteAsync(buffer.Written[..^1]).ConfigureAwait(Continuations.KeepContext);
            buffer.Clear();
        }

        // Ends by the exception of the pause.
        while (true)
        {
            if (streamed)
            {
                visit.Route.Format.WriteKeepAlive(buffer);
            }
            else
            {
                buffer.Append(" "u8);
            }

            await AnswerSender.FlushAsync(response, buffer).ConfigureAwait(Continuations.KeepContext);
            await visit.Wait.ForAsync(DripInterval).ConfigureAwait(Continuations.KeepContext);
        }
    }
}
