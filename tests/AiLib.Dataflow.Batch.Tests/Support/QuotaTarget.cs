using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests.Support;

/// <summary>A target that answers so many requests in each window of time, and tells all others when the next window begins.</summary>
/// <remarks>For one thread. What it says is decided when a request comes, and told up to <see cref="MostLatency"/> later.</remarks>
internal sealed class QuotaTarget(TimeProvider time, Random random, TimeSpan window, int quota, OutcomeKind refusal, TimeSpan firstWindow)
    : IEndpoint<ProviderRequest, ProviderResponse>
{
    public static readonly TimeSpan MostLatency = TimeSpan.FromMilliseconds(30);

    private readonly DateTimeOffset _began = time.GetUtcNow();
    private readonly Dictionary<long, int> _used = [];
    private readonly Dictionary<string, DateTimeOffset> _told = new(StringComparer.Ordinal);

    /// <summary>Who was asked, in order.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Who was asked again before the time that it had been told.</summary>
    public List<string> TooEarly { get; } = [];

    /// <summary>The windows in which something was answered.</summary>
    public SortedSet<long> Answering { get; } = [];

    /// <summary>The windows in which something was refused.</summary>
    public SortedSet<long> Refusing { get; } = [];

    /// <summary>Which requests fail here, by their text. Default: none.</summary>
    public Func<string, bool> Fails { get; set; } = static _ => false;

    /// <summary>What it says to everybody in place of an answer. Default: null, it answers.</summary>
    public Func<Outcome<ProviderResponse>>? Refuse { get; set; }

    /// <summary>How long an answer takes; null for up to <see cref="MostLatency"/>.</summary>
    public TimeSpan? Latency { get; set; }

    /// <summary>How many are being asked.</summary>
    public int InFlight { get; private set; }

    /// <summary>How many attempts were given up on their way.</summary>
    public int CutShort { get; private set; }

    public async ValueTask<Outcome<ProviderResponse>> CallAsync(ProviderRequest request, AttemptContext attempt, CancellationToken cancellationToken)
    {
        using JsonDocument body = JsonDocument.Parse(request.Body);
        string text = body.RootElement.GetProperty("messages")[0].GetProperty("content").GetString()!;
        Outcome<ProviderResponse> outcome = Decide(text);
        InFlight++;
        try
        {
            await Task.Delay(Latency ?? MostLatency * random.NextDouble(), time, cancellationToken);
            return outcome;
        }
        catch (OperationCanceledException)
        {
            CutShort++;
            throw;
        }
        finally
        {
            InFlight--;
        }
    }

    private Outcome<ProviderResponse> Decide(string text)
    {
        DateTimeOffset now = time.GetUtcNow();
        Calls.Add(text);
        if (_told.TryGetValue(text, out DateTimeOffset told) && now < told)
        {
            TooEarly.Add(text);
        }

        if (Refuse is not null)
        {
            return Refuse();
        }

        if (Fails(text))
        {
            return JobRun.Http(ProviderErrorCode.ServerError, 500);
        }

        TimeSpan since = now - _began - firstWindow;
        long number = since < TimeSpan.Zero ? -1 : since.Ticks / window.Ticks;
        int used = _used.GetValueOrDefault(number);
        if (number >= 0 && used < quota)
        {
            _used[number] = used + 1;
            Answering.Add(number);
            return Outcome<ProviderResponse>.Answered(new ProviderResponse(200, Encoding.UTF8.GetBytes($$"""{"echo":"{{text}}"}"""), "req_1", new TokenUsage(100, 10)));
        }

        // Until the next window by the clock of whoever is told, who may be told a little later.
        Refusing.Add(number);
        _told[text] = _began + firstWindow + (window * (number + 1));
        ProviderErrorCode code = refusal == OutcomeKind.Exhausted ? ProviderErrorCode.QuotaExhausted : ProviderErrorCode.RateLimited;
        return Outcome<ProviderResponse>.Failed(
            refusal, new ProviderException(code, "The quota of this hour is used up.", 429, "req_9", """{"error":{"message":"no"}}"""u8.ToArray()), _told[text] - now);
    }
}
