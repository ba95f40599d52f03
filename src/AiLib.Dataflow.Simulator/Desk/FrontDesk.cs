using System.Diagnostics;
using AiLib.Dataflow.Simulator.Faults;
using AiLib.Dataflow.Simulator.Limits;
using AiLib.Dataflow.Simulator.Timing;

namespace AiLib.Dataflow.Simulator.Desk;

/// <summary>Decides about every request on arrival, and keeps the record.</summary>
/// <remarks>
/// One short lock around clock, limits, attempt count and history: so the order of the history is the order of time and the order in which
/// limits were applied, and a test can replay it. The lock is held for well under a microsecond and never across I/O.
/// </remarks>
internal sealed class FrontDesk
{
    private readonly Lock _sync = new();
    private readonly SimulatorClock _clock;
    private readonly AttemptCounter _attempts = new();

    // Guarded by _sync.
    private Quota _quota;
    private SimulatorCounts _counts;
    private long _sequence;

    // Written under _sync, read anywhere: a published value is never changed, only replaced.
    private volatile SimulatorOptions _options;

    public FrontDesk(SimulatorOptions options, SimulatorClock clock)
    {
        _clock = clock;
        _options = options;
        _quota = new Quota(options, clock.Now);
        History = new SimulatorHistory(options.HistoryCapacity);
    }

    /// <summary>The record.</summary>
    public SimulatorHistory History { get; }

    /// <summary>The options in force; not to be changed.</summary>
    public SimulatorOptions Options => _options;

    /// <summary>What has happened so far.</summary>
    public SimulatorCounts Counts
    {
        get
        {
            lock (_sync)
            {
                return _counts;
            }
        }
    }

    /// <summary>Decides about a well-formed request. Unless it is rate limited, <see cref="Leave"/> must follow once.</summary>
    public Ruling Decide(in Call call)
    {
        lock (_sync)
        {
            long now = _clock.Now;
            int attempt = _attempts.Next(call.Fingerprint);
            LimitRefusal? refusal = RefuseLocked(call, now);
            FaultKind? fault = refusal is null ? FaultPlan.Decide(_options.Faults, _options.Seed, call.Fingerprint, attempt) : null;
            ArrivalDecision decision = (refusal, fault) switch
            {
                (not null, _) => ArrivalDecision.RateLimited,
                (_, not null) => ArrivalDecision.Faulted,
                _ => ArrivalDecision.Served,
            };
            CountLocked(decision, call);
            int status = refusal is not null ? 429 : fault is { } kind ? FaultNames.StatusOf(kind) : 200;
            int completionTokens = decision == ArrivalDecision.Served ? call.CompletionTokens : 0;
            History.Add(new Arrival(++_sequence, TimeSpan.FromTicks(now), call.Path, call.ClientRequestId, call.Fingerprint, attempt, decision,
                fault, status, call.PromptTokens, completionTokens, call.Streamed, refusal is null ? call.ChargedTokens : 0));
            return new Ruling(decision, attempt, fault, refusal, _quota.Read(now));
        }
    }

    /// <summary>Notes a request that needs no decision and returns its number.</summary>
    public long Note(string path, string? clientRequestId, int status)
    {
        bool served = status < 400;
        lock (_sync)
        {
            _counts = _counts with
            {
                Arrived = _counts.Arrived + 1,
                Served = _counts.Served + (served ? 1 : 0),
                Rejected = _counts.Rejected + (served ? 0 : 1),
            };
            ArrivalDecision decision = served ? ArrivalDecision.Served : ArrivalDecision.Rejected;
            History.Add(new Arrival(++_sequence, TimeSpan.FromTicks(_clock.Now), path, clientRequestId, 0, 0, decision, null, status, 0, 0,
                Streamed: false, ChargedTokens: 0));
            return _sequence;
        }
    }

    /// <summary>Ends a request that was served or faulted.</summary>
    public void Leave(bool abandoned)
    {
        lock (_sync)
        {
            _counts = _counts with { InFlight = _counts.InFlight - 1, Abandoned = _counts.Abandoned + (abandoned ? 1 : 0) };
        }
    }

    /// <summary>Changes the options; an exception from the change or the validation leaves them as they were.</summary>
    public void Update(Action<SimulatorOptions> change)
    {
        while (true)
        {
            // The change is a user's code and runs outside the lock; if somebody else was faster, it runs again on their result.
            SimulatorOptions before = _options;
            SimulatorOptions after = before with { };
            change(after);
            after.Validate();
            CheckFixed(before.Port == after.Port, nameof(SimulatorOptions.Port));
            CheckFixed(before.Seed == after.Seed, nameof(SimulatorOptions.Seed));
            CheckFixed(before.HistoryCapacity == after.HistoryCapacity, nameof(SimulatorOptions.HistoryCapacity));

            // The caller may keep the object it was given; what is published is a copy of its own.
            if (TryPublish(before, after with { }))
            {
                return;
            }
        }
    }

    /// <summary>Starts again: empty history, counts, attempts; full limits. Requests in flight stay in flight.</summary>
    public void Reset()
    {
        lock (_sync)
        {
            _attempts.Clear();
            _quota = new Quota(_options, _clock.Now);
            _counts = new SimulatorCounts { InFlight = _counts.InFlight, MostInFlight = _counts.InFlight };
            _sequence = 0;
            History.Clear();
        }
    }

    private bool TryPublish(SimulatorOptions before, SimulatorOptions after)
    {
        lock (_sync)
        {
            if (!ReferenceEquals(_options, before))
            {
                return false;
            }

            bool sameLimits = before.RequestsPerMinute == after.RequestsPerMinute && before.TokensPerMinute == after.TokensPerMinute
                && before.InputTokensPerMinute == after.InputTokensPerMinute && before.OutputTokensPerMinute == after.OutputTokensPerMinute
                && before.RequestsPerDay == after.RequestsPerDay && before.TokensPerDay == after.TokensPerDay
                && before.LimitKind == after.LimitKind && before.RequestLimitKind == after.RequestLimitKind && before.Burst == after.Burst;
            if (!sameLimits)
            {
                _quota = new Quota(after, _clock.Now, _quota);
            }

            _options = after;
            return true;
        }
    }

    private LimitRefusal? RefuseLocked(in Call call, long now)
    {
        Debug.Assert(_sync.IsHeldByCurrentThread);
        int most = _options.MaxConcurrent;
        return most > 0 && _counts.InFlight >= most
            ? new LimitRefusal(RefusedBy.Concurrency, NeverFits: false, most, _counts.InFlight, 1, TimeSpan.Zero)
            : _quota.Take(call.ChargedTokens, now, call.PromptTokens);
    }

    private void CountLocked(ArrivalDecision decision, in Call call)
    {
        Debug.Assert(_sync.IsHeldByCurrentThread);
        bool served = decision == ArrivalDecision.Served;
        int inFlight = _counts.InFlight + (decision == ArrivalDecision.RateLimited ? 0 : 1);
        _counts = _counts with
        {
            Arrived = _counts.Arrived + 1,
            Served = _counts.Served + (served ? 1 : 0),
            RateLimited = _counts.RateLimited + (decision == ArrivalDecision.RateLimited ? 1 : 0),
            Faulted = _counts.Faulted + (decision == ArrivalDecision.Faulted ? 1 : 0),
            InFlight = inFlight,
            MostInFlight = Math.Max(_counts.MostInFlight, inFlight),
            PromptTokens = _counts.PromptTokens + (served ? call.PromptTokens : 0),
            CompletionTokens = _counts.CompletionTokens + (served ? call.CompletionTokens : 0),
        };
    }

    private static void CheckFixed(bool unchanged, string option)
    {
        if (!unchanged)
        {
            throw new ArgumentException($"{option} cannot change while the server runs.", option);
        }
    }
}
