namespace AiLib.Dataflow.Tests.Specs;

/// <summary>What the gate over credits and permits is, without a line of its code: one credit comes with each step, two at most.</summary>
internal sealed record GateModel
{
    public const int Burst = 2;

    public int Credits { get; init; } = Burst;

    /// <summary>By how many starts the fullest window exceeds the rate; kept apart from the credits, so that it can contradict them.</summary>
    public int Excess { get; init; }

    public int InFlight { get; init; }

    /// <summary>0 is no limit.</summary>
    public int Limit { get; init; } = 1;

    /// <summary>Those who wait in line for a permit.</summary>
    public int Waiting { get; init; }

    public bool Open { get; init; }

    public Answer Last { get; init; }

    public enum Answer
    {
        None,
        Passed,
        InFlight,
        Circuit,
        Rate,
    }

    public bool HasRoom => Limit == 0 || InFlight < Limit;

    public GateModel Enter() => this switch
    {
        { HasRoom: false } => this with { Last = Answer.InFlight },
        { Open: true } => this with { Last = Answer.Circuit },
        { Credits: 0 } => this with { Last = Answer.Rate },
        _ => this with { Last = Answer.Passed, InFlight = InFlight + 1, Credits = Credits - 1, Excess = Excess + 1 },
    };

    public GateModel End() => (this with { InFlight = InFlight - 1, Last = Answer.None }).HandOver();

    public GateModel Wait() => this with { Waiting = Waiting + 1, Last = Answer.None };

    public GateModel LeaveLine() => this with { Waiting = Waiting - 1, Last = Answer.None };

    public GateModel SetLimit(int limit) => (this with { Limit = limit, Last = Answer.None }).HandOver();

    public GateModel Trip() => this with { Open = true, Last = Answer.None };

    public GateModel Tick() => this with { Credits = Math.Min(Burst, Credits + 1), Excess = Math.Max(0, Excess - 1), Last = Answer.None };

    private GateModel HandOver()
    {
        GateModel now = this;
        while (now.Waiting > 0 && now.HasRoom)
        {
            now = now with { Waiting = now.Waiting - 1, InFlight = now.InFlight + 1 };
        }

        return now;
    }
}
