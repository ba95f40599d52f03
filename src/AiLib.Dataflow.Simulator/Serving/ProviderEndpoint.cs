using System.Security.Cryptography;
using System.Text;
using AiLib.Dataflow.Simulator.Desk;
using AiLib.Dataflow.Simulator.Dialects;
using AiLib.Dataflow.Simulator.Hashing;
using AiLib.Dataflow.Simulator.Limits;
using AiLib.Dataflow.Simulator.Requests;
using AiLib.Dataflow.Simulator.Timing;
using Microsoft.AspNetCore.Http;

namespace AiLib.Dataflow.Simulator.Serving;

/// <summary>Takes a provider's requests: key, path, body, decision, answer, in this order.</summary>
internal sealed class ProviderEndpoint(FrontDesk desk, SimulatorClock clock, CancellationToken stopping)
{
    private const string ClientRequestId = "x-client-request-id";
    private const ulong NoteIds = 0x1D00_0000_0000_0003;

    /// <summary>Handles one request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        string path = request.Path.Value ?? "";
        Route? route = Route.Find(path);
        Dialect dialect = route?.Dialect ?? DialectOf(request);
        if (CheckHead(request, path, route, dialect) is { } wrong)
        {
            await RejectAsync(context, dialect, wrong).ConfigureAwait(Continuations.KeepContext);
            return;
        }

        if (route!.Operation == Operation.Models)
        {
            await ModelList.SendAsync(context, dialect, NoteId(context, 200)).ConfigureAwait(Continuations.KeepContext);
            return;
        }

        var parsed = new ParsedRequest();
        ulong fingerprint;
        RequestProblem? problem;
        using (PooledBody? body = await PooledBody.ReadAsync(request.BodyReader, request.ContentLength).ConfigureAwait(Continuations.KeepContext))
        {
            if (body is null)
            {
                await RejectAsync(context, dialect, dialect.BodyTooLarge()).ConfigureAwait(Continuations.KeepContext);
                return;
            }

            problem = RequestReader.Read(body.Span, route.Operation, parsed);
            fingerprint = StableHash.Of((ulong)route.Operation, body.Span);
        }

        if (problem is not null)
        {
            await RejectAsync(context, dialect, dialect.Invalid(problem)).ConfigureAwait(Continuations.KeepContext);
            return;
        }

        await AnswerAsync(context, route, parsed, fingerprint).ConfigureAwait(Continuations.KeepContext);
    }

    private async Task AnswerAsync(HttpContext context, Route route, ParsedRequest parsed, ulong fingerprint)
    {
        SimulatorOptions options = desk.Options;
        ulong hash = StableHash.Combine(unchecked((ulong)options.Seed), fingerprint);
        bool isChat = route.Operation != Operation.Embeddings;
        int completionTokens = isChat ? Answer.ChooseLength(parsed, hash, options.AnswerTokens) : 0;
        long charged = parsed.PromptTokens + route.Operation switch
        {
            // Reserved on arrival, whatever the answer will need.
            Operation.ChatCompletions => parsed.MaxTokens ?? options.AnswerTokens,
            _ => (long)completionTokens,
        };
        Ruling ruling = desk.Decide(new Call(route.Path, ClientIdOf(context.Request), fingerprint, parsed.PromptTokens, completionTokens, charged,
            parsed.Stream));
        ulong attemptHash = StableHash.Combine(hash, (ulong)ruling.Attempt);
        string requestId = Dialect.RequestIdOf(attemptHash);
        if (ruling.Refusal is { } refusal)
        {
            await RefuseAsync(context, route.Dialect, parsed.Model, ruling.Quota, refusal, requestId).ConfigureAwait(Continuations.KeepContext);
            return;
        }

        var stay = new Stay(desk);
        using var pause = new Pause(context, clock, stopping);
        try
        {
            var visit = new Visit(context, route, new Answer(parsed, hash, completionTokens), options, ruling, requestId, stay, pause,
                new LatencyModel(options, attemptHash));
            await FinishAsync(visit).ConfigureAwait(Continuations.KeepContext);
        }
        catch (OperationCanceledException)
        {
            // The client left, or the server stops: either way nobody gets the rest.
            stay.End(abandoned: !stopping.IsCancellationRequested);
            context.Abort();
        }
        finally
        {
            stay.End();
        }
    }

    private Task FinishAsync(Visit visit)
    {
        if (visit.Ruling.Fault is { } fault)
        {
            return FaultSender.SendAsync(visit, fault, clock.UtcNow);
        }

        visit.AddHeaders(clock.UtcNow);
        return AnswerSender.SendAsync(visit);
    }

    private Task RefuseAsync(HttpContext context, Dialect dialect, string model, in QuotaReading quota, in LimitRefusal refusal, string requestId)
    {
        IHeaderDictionary headers = context.Response.Headers;
        dialect.AddQuota(headers, quota, clock.UtcNow);

        // No time is known for a request that never fits, nor for one that waits for others to finish.
        if (refusal.Wait > TimeSpan.Zero)
        {
            dialect.AddRetryAfter(headers, refusal.Wait);
        }

        return BodySender.SendErrorAsync(context, dialect, dialect.LimitReached(refusal, model), requestId);
    }

    private Task RejectAsync(HttpContext context, Dialect dialect, ProviderError error) =>
        BodySender.SendErrorAsync(context, dialect, error, NoteId(context, error.Status));

    private string NoteId(HttpContext context, int status)
    {
        long sequence = desk.Note(context.Request.Path.Value ?? "", ClientIdOf(context.Request), status);
        return Dialect.RequestIdOf(StableHash.Combine(NoteIds, (ulong)sequence));
    }

    private ProviderError? CheckHead(HttpRequest request, string path, Route? route, Dialect dialect)
    {
        if (desk.Options.ApiKey is { } expected)
        {
            string? key = dialect.KeyOf(request.Headers);
            if (key is null || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(expected)))
            {
                return dialect.Unauthorized(hasKey: key is not null);
            }
        }

        if (route is null)
        {
            return dialect.UnknownPath(request.Method, path);
        }

        return HttpMethods.Equals(request.Method, route.Method)
            ? dialect.CheckHeaders(request.Headers)
            : dialect.WrongMethod(request.Method, path);
    }

    // An unknown path has no dialect of its own; only Anthropic's clients send this header.
    private static Dialect DialectOf(HttpRequest request) => request.Headers.ContainsKey("anthropic-version")
        ? AnthropicDialect.Instance
        : OpenAIDialect.Instance;

    private static string? ClientIdOf(HttpRequest request) => request.Headers[ClientRequestId];
}
