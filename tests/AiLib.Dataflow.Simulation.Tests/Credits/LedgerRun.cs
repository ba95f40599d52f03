using System.Numerics;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>Runs a schedule on the product's ledger and on the model at once: each answer must be the model's, to the last unit of time.</summary>
internal sealed class LedgerRun
{
    /// <summary>Stands for a real cost above the estimate, whatever that is.</summary>
    public const long MoreThanEstimated = -1;

    private const int UnitsOfTenDays = 10 * 24 * 3_600;

    private readonly LedgerSchedule _schedule;
    private readonly Scale _scale;
    private readonly HandTime _time;
    private readonly CapacityState _state = new();
    private readonly RateLimiter _limiter;
    private readonly CreditModel _model;
    private readonly List<(RateReservation Ours, ModelReservation Model, TokenCost Cost, long StartedAt)> _attempts = [];
    private readonly LedgerCounts _counts;

    private LedgerRun(LedgerSchedule schedule, LedgerCounts counts)
    {
        _schedule = schedule;
        _counts = counts;
        _scale = new Scale(schedule);
        _time = new HandTime(schedule.Frequency);
        _limiter = new RateLimiter(schedule.Plan.ToOptions(), _time, _state);
        _model = new CreditModel(schedule.Plan, _scale);
    }

    /// <summary>Runs it; throws where the two do not agree, or an invariant is broken.</summary>
    public static void Run(LedgerSchedule schedule, LedgerCounts counts)
    {
        LedgerRun run = new(schedule, counts);
        foreach (LedgerStep step in schedule.Steps)
        {
            run.Do(step);
        }
    }

    private void Do(LedgerStep step)
    {
        _counts.Add(step.Kind);
        switch (step.Kind)
        {
            case StepKind.Pass:
                _time.Now += step.Units;
                break;
            case StepKind.Reserve:
                Reserve(step.Cost!.Value, _time.Now);
                break;
            case StepKind.ReserveWhenDue:
                ReserveWhenDue(step.Cost!.Value);
                break;
            case StepKind.ReserveLate:
                Reserve(step.Cost!.Value, Math.Max(0, _time.Now - step.Units));
                break;
            case StepKind.Update:
                _limiter.UpdateLimits(step.Plan!.ToOptions());
                _model.MoveTo(_time.Now);
                _model.Update(step.Plan);
                break;
            default:
                if (_attempts.Count > 0)
                {
                    End(step);
                }

                break;
        }

        Compare(step.Cost is { Total: > 0 } cost ? cost : 1);
    }

    private bool Reserve(TokenCost cost, long now)
    {
        _model.MoveTo(now);
        BigInteger? wait = _model.WaitFor(cost, now);
        bool fits = _limiter.Fits(cost);
        Check("I7", $"a request of {cost} fits", fits, wait is not null);
        RateReservation ours = default;
        TimeSpan told = TimeSpan.MaxValue;
        bool passes = fits && _limiter.TryReserve(cost, now, out ours, out told);
        _counts.Add(passes);
        Check("I7", $"a request of {cost} passes", passes, wait == 0);
        if (passes)
        {
            // I6 is looked at here, by windows.
            ModelReservation model = _model.Take(cost, now);
            Check("I7", "the cost that was taken", (ours.Cost, ours.Further.Input, ours.Further.Output), (model.Cost, model.Input, model.Output));
            _attempts.Add((ours, model, cost, now));
            _counts.InParts += cost.HasParts ? 1 : 0;
            _state.InFlight = _attempts.Count;
        }
        else
        {
            Check("I7", $"the wait for a request of {cost}", told, wait is { } units ? _scale.Time(units) : TimeSpan.MaxValue);
        }

        return passes;
    }

    // One unit of time too early it does not pass, and then it does: nobody waits for nothing, and nobody in vain.
    private void ReserveWhenDue(TokenCost cost)
    {
        if (Reserve(cost, _time.Now) || _model.WaitFor(cost) is not { } wait || wait > _schedule.Frequency * (BigInteger)UnitsOfTenDays)
        {
            return;
        }

        _counts.WaitedForDay += _limiter.TimeUntilDayAllows(cost, countsTokens: true) > TimeSpan.Zero ? 1 : 0;
        _time.Now += (long)wait - 1;
        Check("I6", $"a request of {cost} passes one unit of time before it is due", Reserve(cost, _time.Now), false);
        _time.Now++;
        Check("I7", $"a request of {cost} passes when it is due", Reserve(cost, _time.Now), true);
        _counts.Waited++;
    }

    // As a lane does it: what was used, what was said, and then what a refusal means.
    private void End(LedgerStep step)
    {
        int index = step.Pick % _attempts.Count;
        (RateReservation ours, ModelReservation model, TokenCost estimate, long startedAt) = _attempts[index];
        long now = _time.Now;
        _model.MoveTo(now);
        if (step.Kind == StepKind.Refund)
        {
            _limiter.Refund(ours);
            _model.Refund(model);
        }
        else
        {
            TokenCost? cost = step.Cost is { Total: MoreThanEstimated } ? More(estimate) : step.Cost;
            _limiter.Settle(ours, cost, now);
            _model.Settle(model, cost);
            if (step.Readings is { Length: > 0 } readings)
            {
                Learn(readings, startedAt, ours.SettledBy(cost), model with { Cost = cost?.Total ?? model.Cost }, cost ?? estimate);
            }

            if (step.Kind == StepKind.Refuse)
            {
                Refuse(startedAt, estimate, step.Wait, now);
            }
            else
            {
                Answer(startedAt);
            }
        }

        _attempts.RemoveAt(index);
        _state.InFlight = _attempts.Count;
    }

    private void Answer(long startedAt)
    {
        if (_limiter.IsWithinToldWait(startedAt))
        {
            Check("I8", "within a told wait", _model.IsWithinToldWait(startedAt), true);
            _limiter.OnAnsweredWithinToldWait();
            _model.AnsweredWithinToldWait();
            _counts.AnsweredWithinToldWait++;
        }

        Check("I8", "in doubt", _limiter.IsInDoubt, _model.IsInDoubt);
        if (_limiter.IsInDoubt)
        {
            _limiter.OnServed(startedAt);
            _model.Served(startedAt);
        }
    }

    private void Learn(QuotaReading[] readings, long startedAt, RateReservation ours, ModelReservation model, TokenCost like)
    {
        (long? requests, long? tokens) = (_limiter.Remaining, _limiter.TokensRemaining);
        (long? input, long? output) = (_limiter.InputTokensRemaining, _limiter.OutputTokensRemaining);
        int forgotten = _model.Forgotten;
        _limiter.LearnFrom(readings, startedAt, ours, like);
        _model.Learn(readings, startedAt, model, like, _attempts.Count - 1);
        _counts.Forgotten += _model.Forgotten - forgotten;
        if ((_model.Forgotten == forgotten && (_limiter.Remaining > requests || _limiter.TokensRemaining > tokens))
            || _limiter.InputTokensRemaining > input || _limiter.OutputTokensRemaining > output)
        {
            throw new SimulationFailure("I8", $"what a target said raised {requests} requests to {_limiter.Remaining} or {tokens} tokens to {_limiter.TokensRemaining}");
        }

        _counts.Lowered += _limiter.Remaining < requests || _limiter.TokensRemaining < tokens ? 1 : 0;
        _counts.LoweredInPart += _limiter.InputTokensRemaining < input || _limiter.OutputTokensRemaining < output ? 1 : 0;
        _counts.Learned += requests is null && _limiter.Remaining is not null ? 1 : 0;
        _counts.LearnedInPart += input is null && _limiter.InputTokensRemaining is not null ? 1 : 0;
    }

    private void Refuse(long startedAt, TokenCost cost, TimeSpan wait, long now)
    {
        TimeSpan before = _limiter.TimeUntil(cost);
        _limiter.OnRefused(startedAt, cost, wait, now);
        BigInteger? least = _model.Refuse(startedAt, cost, wait, now);
        TimeSpan after = _limiter.TimeUntil(cost);

        // Bounded, and honoured: nobody waits longer than for what he would have waited for anyway, or for as much as is believed and the time of one request; and nobody less than what is believed.
        TimeSpan mostBelieved = _model.IsPaced ? _model.Belief : TimeSpan.FromSeconds(120);
        TimeSpan believed = wait < mostBelieved ? wait : mostBelieved;
        TimeSpan most = _scale.Time(_scale.Units(believed) + (_model.IsPaced ? _model.TimeOfRequest : 0));
        most = before > most ? before : most;
        Check("I8", $"waits {after} after {before}, although no more than {most} is believed", after <= most, true);
        Check("I8", $"waits {after} where {least} units were told and are believed", least is null || after >= _scale.Time(least.Value), true);
        _counts.Held += least is not null && after > before ? 1 : 0;
    }

    private void Compare(TokenCost cost)
    {
        long now = _time.Now;
        _model.MoveTo(now);
        Check("I7", "requests that could start", _limiter.Remaining, (long?)_model.Requests);
        Check("I7", "tokens that could be spent", _limiter.TokensRemaining, (long?)_model.Tokens);
        Check("I7", "input tokens that could be spent", _limiter.InputTokensRemaining, (long?)_model.Input);
        Check("I7", "output tokens that could be spent", _limiter.OutputTokensRemaining, (long?)_model.Output);
        Check("I7", "the time until a day allows it", _limiter.TimeUntilDayAllows(cost, countsTokens: true), _scale.Time(_model.WaitForDay(cost)));
        Check("I7", $"the time until a request of {cost} could start", _limiter.TimeUntil(cost), _model.WaitFor(cost) is { } wait ? _scale.Time(wait) : TimeSpan.MaxValue);
    }

    // Of each part that was known, so that nothing comes back.
    private static TokenCost More(TokenCost estimate) => estimate.HasParts
        ? new TokenCost(estimate.Input!.Value + (estimate.Input.Value / 3), estimate.Output!.Value + (estimate.Output.Value / 3))
        : estimate.Total + (estimate.Total / 3);

    private static void Check<T>(string invariant, string what, T seen, T expected)
    {
        if (!EqualityComparer<T>.Default.Equals(seen, expected))
        {
            throw new SimulationFailure(invariant, $"{what}: {seen?.ToString() ?? "none"} instead of {expected?.ToString() ?? "none"}");
        }
    }
}
