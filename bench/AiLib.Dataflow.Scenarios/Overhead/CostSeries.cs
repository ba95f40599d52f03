namespace AiLib.Dataflow.Scenarios.Overhead;

/// <summary>What one contender took in each round.</summary>
internal sealed class CostSeries(string name, IReadOnlyList<Cost> rounds)
{
    /// <summary>The contender.</summary>
    public string Name => name;

    /// <summary>Time for one request.</summary>
    public Spread Nanoseconds { get; } = Spread.Of(rounds.Select(static round => round.Nanoseconds));

    /// <summary>Memory for one request.</summary>
    public Spread Bytes { get; } = Spread.Of(rounds.Select(static round => round.Bytes));

    /// <summary>The time over that of another, round by round.</summary>
    public Spread Over(CostSeries other) => Spread.Of(rounds.Zip(other.Rounds, static (over, under) => over.Nanoseconds / under.Nanoseconds));

    private IReadOnlyList<Cost> Rounds => rounds;
}
