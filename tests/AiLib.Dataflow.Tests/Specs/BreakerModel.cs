using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Tests.Specs;

/// <summary>What a breaker is, without a line of its code: small numbers, one call of each kind out at a time, time in steps.</summary>
/// <remarks>
/// Threshold 2, cool-down 2 steps, a longer wait of 3 steps, one probe at a time, lease 2 steps, at most two ordinary calls of this generation and one of
/// an earlier one outstanding. The model says what must hold; the class is driven along every transition of it.
/// </remarks>
internal sealed record BreakerModel
{
    public const int Threshold = 2;
    public const int Cooldown = 2;
    public const int LongWait = 3;
    public const int Lease = 2;
    public const int MaxOut = 2;

    public CircuitState State { get; init; } = CircuitState.Closed;

    /// <summary>Failures in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Steps until the cool-down is over.</summary>
    public int Cooling { get; init; }

    /// <summary>Ordinary calls of the present generation that are out.</summary>
    public int Out { get; init; }

    /// <summary>Calls of an earlier generation that are out; at most two are followed.</summary>
    public int Stale { get; init; }

    /// <summary>Probes that are out.</summary>
    public int Probes { get; init; }

    /// <summary>Steps until the probe's lease is over.</summary>
    public int LeaseLeft { get; init; }

    /// <summary>What the last step said to a caller.</summary>
    public Answer Last { get; init; } = Answer.None;

    public enum Answer
    {
        None,
        Passed,
        TurnedAway,
        Reported,
    }

    /// <summary>Time has come for a probe, whether or not anyone has asked.</summary>
    public bool MayProbe => State == CircuitState.HalfOpen || (State == CircuitState.Open && Cooling == 0);

    public BreakerModel Enter()
    {
        BreakerModel now = this;
        if (now.State == CircuitState.HalfOpen && now.Probes > 0 && now.LeaseLeft == 0)
        {
            now = now.Open(Cooldown);
        }

        if (now.State == CircuitState.Open && now.Cooling == 0)
        {
            now = now with { State = CircuitState.HalfOpen, Failures = 0 };
        }

        return now.State switch
        {
            CircuitState.Closed => now with { Out = now.Out + 1, Last = Answer.Passed },
            CircuitState.HalfOpen when now.Probes == 0 => now with { Probes = 1, LeaseLeft = Lease, Last = Answer.Passed },
            _ => now with { Last = Answer.TurnedAway },
        };
    }

    public BreakerModel Succeed() => this with { Failures = 0, Out = Out - 1, Last = Answer.Reported };

    public BreakerModel Fail(int wait)
    {
        BreakerModel now = this with { Out = Out - 1, Failures = Failures + 1, Last = Answer.Reported };
        return now.Failures >= Threshold ? now.Open(Math.Max(Cooldown, wait)) : now;
    }

    public BreakerModel GiveUp() => this with { Out = Out - 1, Last = Answer.Reported };

    public BreakerModel ProbeSucceeds() => this with { State = CircuitState.Closed, Failures = 0, Probes = 0, LeaseLeft = 0, Last = Answer.Reported };

    public BreakerModel ProbeFails() => (this with { Probes = 0 }).Open(Cooldown) with { Last = Answer.Reported };

    public BreakerModel ProbeGivenUp() => this with { Probes = 0, LeaseLeft = 0, Last = Answer.Reported };

    public BreakerModel StaleReport() => this with { Stale = Stale - 1, Last = Answer.Reported };

    public BreakerModel Trip(int wait) => Open(Math.Max(Cooldown, wait)) with { Last = Answer.None };

    public BreakerModel Tick() => this with
    {
        Cooling = Math.Max(0, Cooling - 1),
        LeaseLeft = Math.Max(0, LeaseLeft - 1),
        Last = Answer.None,
    };

    private BreakerModel Open(int wait) => this with
    {
        State = CircuitState.Open,
        Cooling = State == CircuitState.Open ? Math.Max(Cooling, wait) : wait,
        Failures = 0,
        Stale = Stale + Out + Probes,
        Out = 0,
        Probes = 0,
        LeaseLeft = 0,
    };
}
