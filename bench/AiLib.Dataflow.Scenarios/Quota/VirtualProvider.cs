using AiLib.Dataflow.Providers.Quotas;
using AiLib.Dataflow.Simulator;
using AiLib.Dataflow.Simulator.Dialects;
using Microsoft.AspNetCore.Http;

namespace AiLib.Dataflow.Scenarios.Quota;

/// <summary>A provider of the virtual world, with the limits of the simulator's own classes and its headers read by the product's.</summary>
internal sealed class VirtualProvider
{
    private static readonly TimeSpan RefusalTakes = TimeSpan.FromMilliseconds(50);

    private readonly ProviderSettings _settings;
    private readonly VirtualTime _time;
    private readonly Simulator.Limits.Quota _quota;
    private readonly HeaderDictionary _headers = [];
    private readonly Dataflow.QuotaReading[] _readings = new Dataflow.QuotaReading[QuotaHeaders.MaxReadings];

    public VirtualProvider(ProviderSettings settings, VirtualTime time)
    {
        _settings = settings;
        _time = time;
        SimulatorOptions options = new()
        {
            LimitKind = settings.Kind,
            RequestsPerMinute = settings.RequestsPerMinute,
            TokensPerMinute = settings.TokensPerMinute,
        };
        _quota = new Simulator.Limits.Quota(options, now: 0);
    }

    /// <summary>Everything that has happened here.</summary>
    public ProviderRecord Record { get; } = new();

    /// <summary>How many it works on.</summary>
    public int InFlight { get; private set; }

    /// <summary>Answers, or says why not.</summary>
    public async ValueTask<Reply> CallAsync(Job job, CancellationToken cancellationToken)
    {
        TimeSpan began = _time.Elapsed;
        if (began >= _settings.Dead.From && began < _settings.Dead.Until)
        {
            Record.Note(began, job, CallEnd.Dead);
            await Task.Delay(RefusalTakes, _time, cancellationToken);
            return new Reply(CallEnd.Dead, null, default);
        }

        if (_settings.MaxConcurrent > 0 && InFlight >= _settings.MaxConcurrent)
        {
            Record.Note(began, job, CallEnd.Refused);
            await Task.Delay(RefusalTakes, _time, cancellationToken);
            return new Reply(CallEnd.Refused, null, default);
        }

        if (_quota.Take(job.Tokens, began.Ticks) is { } refusal)
        {
            Record.Note(began, job, CallEnd.Refused);
            ReadOnlyMemory<Dataflow.QuotaReading> told = Tell(began);
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

        Record.Note(began, job, CallEnd.Answered);
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

    private ReadOnlyMemory<Dataflow.QuotaReading> Tell(TimeSpan now)
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
}

/// <summary>What a provider says.</summary>
/// <param name="End">How the call ended.</param>
/// <param name="Wait">How long it asks to be left alone; null when it says nothing.</param>
/// <param name="Readings">What it says about its quotas.</param>
internal readonly record struct Reply(CallEnd End, TimeSpan? Wait, ReadOnlyMemory<Dataflow.QuotaReading> Readings);

/// <summary>How a call ended.</summary>
internal enum CallEnd
{
    /// <summary>With an answer.</summary>
    Answered,

    /// <summary>With a 429.</summary>
    Refused,

    /// <summary>With an error, because the provider is dead.</summary>
    Dead,
}
