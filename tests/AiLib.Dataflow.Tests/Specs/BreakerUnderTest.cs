using AiLib.Dataflow.Capacity;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace AiLib.Dataflow.Tests.Specs;

/// <summary>The real breaker, driven by the steps of the model.</summary>
internal sealed class BreakerUnderTest
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly CircuitBreaker _breaker;
    private readonly List<CircuitPass> _out = [];
    private readonly List<CircuitPass> _stale = [];
    private CircuitPass? _probe;
    private long _generation = 1;

    public BreakerUnderTest() => _breaker = new CircuitBreaker(
        new CircuitBreakerOptions
        {
            FailureThreshold = BreakerModel.Threshold,
            FailureRatio = 0,
            Cooldown = Step * BreakerModel.Cooldown,
            MaxProbes = 1,
            ProbeLease = Step * BreakerModel.Lease,
        },
        _time);

    /// <summary>Makes one step and says how the breaker differs from the model; nothing when it does not.</summary>
    public string? Apply(Transition<BreakerModel> step)
    {
        long generation = _generation;
        BreakerModel.Answer answer = Do(step);
        if (_generation != generation && step.After.State == CircuitState.Open)
        {
            _stale.AddRange(_out);
            _out.Clear();
            if (_probe is { } silent)
            {
                _stale.Add(silent);
                _probe = null;
            }
        }

        return Difference(step.After, answer);
    }

    private BreakerModel.Answer Do(Transition<BreakerModel> step)
    {
        switch (step.Action)
        {
            case "Enter":
                if (!_breaker.TryEnter(out CircuitPass pass, out TimeSpan retryAfter))
                {
                    NoteGeneration(step);
                    return retryAfter == _breaker.TimeUntilPass() ? BreakerModel.Answer.TurnedAway : BreakerModel.Answer.None;
                }

                NoteGeneration(step);
                if (pass.Probe == 0)
                {
                    _out.Add(pass);
                }
                else
                {
                    _probe = pass;
                }

                return BreakerModel.Answer.Passed;

            case "Succeed":
                Report(Pop(_out), TargetHealth.Healthy);
                break;
            case "Fail":
                _breaker.Report(Pop(_out), TargetHealth.Unhealthy, Step * int.Parse(step.Arg, System.Globalization.CultureInfo.InvariantCulture));
                break;
            case "GiveUp":
                Report(Pop(_out), TargetHealth.Unknown);
                break;
            case "ProbeSucceeds":
                Report(Probe(), TargetHealth.Healthy);
                break;
            case "ProbeFails":
                Report(Probe(), TargetHealth.Unhealthy);
                break;
            case "ProbeGivenUp":
                Report(Probe(), TargetHealth.Unknown);
                break;
            case "StaleSucceeds":
                Report(Pop(_stale), TargetHealth.Healthy);
                break;
            case "StaleFails":
                Report(Pop(_stale), TargetHealth.Unhealthy);
                break;
            case "Trip":
                _breaker.Trip(Step * int.Parse(step.Arg, System.Globalization.CultureInfo.InvariantCulture));
                NoteGeneration(step);
                return BreakerModel.Answer.None;
            case "Tick":
                _time.Advance(Step);
                return BreakerModel.Answer.None;
            default:
                throw new InvalidOperationException(step.Action);
        }

        NoteGeneration(step);
        return BreakerModel.Answer.Reported;
    }

    private void Report(CircuitPass pass, TargetHealth health) => _breaker.Report(pass, health);

    private void NoteGeneration(Transition<BreakerModel> step) => _generation += step.Before.State != step.After.State ? 1 : 0;

    private CircuitPass Probe()
    {
        CircuitPass probe = _probe!.Value;
        _probe = null;
        return probe;
    }

    private static CircuitPass Pop(List<CircuitPass> passes)
    {
        CircuitPass last = passes[^1];
        passes.RemoveAt(passes.Count - 1);
        return last;
    }

    private string? Difference(BreakerModel expected, BreakerModel.Answer answer)
    {
        // Seen from outside, an open circuit whose time is over is half-open.
        CircuitState state = expected.State == CircuitState.Open && expected.Cooling == 0 ? CircuitState.HalfOpen : expected.State;
        TimeSpan wait = expected.State switch
        {
            CircuitState.Open => Step * expected.Cooling,
            CircuitState.HalfOpen when expected.Probes > 0 => Step * expected.LeaseLeft,
            _ => TimeSpan.Zero,
        };
        CircuitCounts counts = _breaker.Counts;
        if (_breaker.State != state)
        {
            return $"state {_breaker.State}, expected {state}";
        }

        if (_breaker.TimeUntilPass() != wait)
        {
            return $"passes in {_breaker.TimeUntilPass()}, expected {wait}";
        }

        if (answer != expected.Last)
        {
            return $"answer {answer}, expected {expected.Last}";
        }

        if (counts.Outstanding != expected.Out + expected.Stale + expected.Probes)
        {
            return $"{counts.Outstanding} outstanding, expected {expected.Out + expected.Stale + expected.Probes}";
        }

        return counts.Total == counts.Succeeded + counts.Failed + counts.Ignored + counts.Rejected + counts.Outstanding ? null : $"{counts} do not add up";
    }
}
