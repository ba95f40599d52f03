using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;
using AiLib.Dataflow.Providers.Quotas;
using AiLib.Dataflow.Simulator.Dialects;
using Microsoft.AspNetCore.Http;

namespace AiLib.Dataflow.VirtualWorld;

/// <summary>A provider of the virtual world, with the limits of the simulator's own classes and its headers read by the product's.</summary>
internal sealed class VirtualProvider : IQuotaProvider
{
    private static readonly TimeSpan RefusalTakes = TimeSpan.FromMilliseconds(50);

    private readonly ProviderSettings _settings;
    private readonly VirtualTime _time;
    private readonly Simulator.Limits.Quota _quota;
    private readonly HeaderDictionary _headers = [];
    private readonly QuotaReading[] _readings = new QuotaReading[QuotaHeaders.MaxReadings];

    public VirtualProvider(ProviderSettings settings, VirtualTime time)
    {
        _settings = settings;
        _time = time;
        _quota = new Simulator.Limits.Quota(settings.ToSimulator(), now: 0);
    }

    /// <summary>Everything that has happened here.</summary>
    public ProviderRecord Record { get; } = new();

    /// <inheritdoc/>
    public IEndpoint<Job, int> Endpoint => new Target(this);

    /// <summary>How many it works on.</summary>
    public int InFlight { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<Reply> CallAsync(Job job, CancellationToken cancellationToken)
    {
        TimeSpan began = _time.Elapsed;
        if (began >= _settings.Dead.From && began < _settings.Dead.Until)
        {
            Record.Note(began, job.Tokens, CallEnd.Dead);
            await Task.Delay(RefusalTakes, _time, cancellationToken);
            return new Reply(CallEnd.Dead, null, default);
        }

        if (_settings.MaxConcurrent > 0 && InFlight >= _settings.MaxConcurrent)
        {
            Record.Note(began, job.Tokens, CallEnd.Refused);
            await Task.Delay(RefusalTakes, _time, cancellationToken);
            return new Reply(CallEnd.Refused, null, default);
        }

        if (_quota.Take(job.Tokens, began.Ticks) is { } refusal)
        {
            Record.Note(began, job.Tokens, CallEnd.Refused);
            ReadOnlyMemory<QuotaReading> told = Tell(began);
            await Task.Delay(RefusalTakes, _time, cancellationToken);

            // As retry-after-ms says it: whole milliseconds, rounded up.
            return new Reply(CallEnd.Refused, TimeSpan.FromMilliseconds(Math.Ceiling(refusal.Wait.TotalMilliseconds)), told);
        }

        InFlight++;
        try
        {
            await Task.Delay(LatencyOf(job), _time, cancellationToken);
        }
        finally
        {
            InFlight--;
        }

        Record.Note(began, job.Tokens, CallEnd.Answered);
        return new Reply(CallEnd.Answered, null, Tell(_time.Elapsed));
    }

    // A batch that is full makes everyone wait in proportion; up to there each member costs the others a little.
    private TimeSpan LatencyOf(Job job)
    {
        TimeSpan alone = ProviderSettings.LatencyAlone(job.Index, job.AnswerTokens);
        if (_settings.BatchSize == 0)
        {
            return alone;
        }

        double load = (double)InFlight / _settings.BatchSize;
        return alone * ((1 + (0.3 * Math.Min(1, load))) * Math.Max(1, load));
    }

    private ReadOnlyMemory<QuotaReading> Tell(TimeSpan now)
    {
        if (!_settings.SendsHeaders)
        {
            return default;
        }

        DateTimeOffset date = _time.GetUtcNow();
        OpenAIDialect.Instance.AddQuota(_headers, _quota.Read(now.Ticks), date);
        QuotaTally tally = QuotaHeaders.Read("openai", name => _headers[name], date, _readings);
        return _readings.AsSpan(0, tally.Readings).ToArray();
    }

    // What it counts for a job is known exactly, and settled as used.
    private sealed class Target(VirtualProvider provider) : JobTarget(QuotaCounting.AsUsed)
    {
        public override async ValueTask<Outcome<int>> CallAsync(Job request, AttemptContext attempt, CancellationToken cancellationToken)
        {
            Reply reply = await provider.CallAsync(request, cancellationToken);
            Outcome<int> outcome = reply.End switch
            {
                CallEnd.Answered => Answered(request, new TokenUsage(request.PromptTokens, request.AnswerTokens)),

                // As the product's endpoints: what a refused call has cost nobody says, and so the estimate stays charged.
                CallEnd.Refused => Outcome<int>.Failed(OutcomeKind.Throttled, retryAfter: reply.Wait),
                _ => Outcome<int>.Failed(OutcomeKind.Failed),
            };
            return reply.Readings.IsEmpty ? outcome : outcome with { Readings = reply.Readings };
        }
    }
}
