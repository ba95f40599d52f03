using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests.Parking;

/// <summary>A target that answers so many requests in each window of time, and tells all others when the next window begins.</summary>
internal sealed class QuotaTarget(TimeProvider time, TimeSpan window, int quota, OutcomeKind refusal = OutcomeKind.Throttled, TimeSpan firstWindow = default)
    : IEndpoint<ProviderRequest, ProviderResponse>
{
    private readonly Lock _sync = new();
    private readonly DateTimeOffset _began = time.GetUtcNow();
    private readonly Dictionary<long, int> _used = [];
    private readonly Dictionary<string, DateTimeOffset> _told = new(StringComparer.Ordinal);

    /// <summary>Who was asked, in order.</summary>
    public ConcurrentQueue<string> Calls { get; } = [];

    /// <summary>Who was asked again before the time that it had been told.</summary>
    public ConcurrentQueue<string> TooEarly { get; } = [];

    /// <summary>The windows in which something was refused.</summary>
    public HashSet<long> Refusing { get; } = [];

    public ValueTask<Outcome<ProviderResponse>> CallAsync(ProviderRequest request, AttemptContext attempt, CancellationToken cancellationToken)
    {
        using JsonDocument body = JsonDocument.Parse(request.Body);
        string text = body.RootElement.GetProperty("messages")[0].GetProperty("content").GetString()!;
        lock (_sync)
        {
            DateTimeOffset now = time.GetUtcNow();
            Calls.Enqueue(text);
            if (_told.TryGetValue(text, out DateTimeOffset told) && now < told)
            {
                TooEarly.Enqueue(text);
            }

            TimeSpan since = now - _began - firstWindow;
            long number = since < TimeSpan.Zero ? -1 : since.Ticks / window.Ticks;
            int used = _used.GetValueOrDefault(number);
            if (number >= 0 && used < quota)
            {
                _used[number] = used + 1;
                return new(Outcome<ProviderResponse>.Answered(new ProviderResponse(200, Encoding.UTF8.GetBytes($$"""{"echo":"{{text}}"}"""), "req_1")));
            }

            Refusing.Add(number);
            _told[text] = _began + firstWindow + (window * (number + 1));
            ProviderErrorCode code = refusal == OutcomeKind.Exhausted ? ProviderErrorCode.QuotaExhausted : ProviderErrorCode.RateLimited;
            return new(Outcome<ProviderResponse>.Failed(
                refusal, new ProviderException(code, "The quota of this hour is used up.", 429, "req_9", """{"error":{"message":"no"}}"""u8.ToArray()), _told[text] - now));
        }
    }
}
