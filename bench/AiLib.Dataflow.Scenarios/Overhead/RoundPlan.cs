namespace AiLib.Dataflow.Scenarios.Overhead;

/// <summary>How often and for how long contenders are measured.</summary>
/// <param name="Rounds">In how many rounds each has one turn.</param>
/// <param name="Turn">How long a turn is, at least about.</param>
/// <param name="WarmUp">How long each runs before the first round.</param>
internal sealed record RoundPlan(int Rounds, TimeSpan Turn, TimeSpan WarmUp)
{
    private const int FirstSize = 1 << 12;
    private const int LargestSize = 1 << 23;

    // Warm-ups come in passes over all, because code that several share is compiled from what all of them did.
    private const int Passes = 2;

    /// <summary>Longer than the pause after which the runtime compiles what has become hot.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(250);

    /// <summary>Warms everyone up, then measures in rounds, each in another order.</summary>
    public async Task<Comparison> RunAsync(IReadOnlyList<Contender> contenders)
    {
        int[] sizes = new int[contenders.Count];
        for (int pass = 0; pass < Passes; pass++)
        {
            for (int index = 0; index < sizes.Length; index++)
            {
                sizes[index] = await WarmUpAsync(contenders[index]);
            }

            await Task.Delay(Settling);
        }

        Cost[][] costs = [.. contenders.Select(_ => new Cost[Rounds])];
        for (int round = 0; round < Rounds; round++)
        {
            for (int turn = 0; turn < sizes.Length; turn++)
            {
                int index = (round + turn) % sizes.Length;
                costs[index][round] = await contenders[index].MeasureAsync(sizes[index]);
            }
        }

        return new Comparison([.. contenders.Select((contender, index) => new CostSeries(contender.Name, costs[index]))]);
    }

    /// <summary>Runs one for its time.</summary>
    /// <returns>How many requests it does in a turn.</returns>
    private async Task<int> WarmUpAsync(Contender contender)
    {
        long began = TimeProvider.System.GetTimestamp();
        int size = FirstSize;
        double fastest = double.MaxValue;
        do
        {
            double took = (await contender.MeasureAsync(size)).Nanoseconds;
            fastest = Math.Min(fastest, took);

            // Small steps while code is compiled, up to half a turn.
            size = (int)Math.Min(size * 2L, Math.Max(FirstSize, Turn.TotalNanoseconds / 2 / took));
        }
        while (TimeProvider.System.GetElapsedTime(began) < WarmUp / Passes);

        return (int)Math.Clamp(Turn.TotalNanoseconds / fastest, FirstSize, LargestSize);
    }
}
