namespace AiLib.Dataflow.Simulation.Tests.World;

/// <summary>An invariant was broken. The message has the seed, and with it the whole run.</summary>
internal sealed class SimulationFailure(string invariant, string what) : Exception($"{invariant}: {what}")
{
    public string Invariant { get; } = invariant;
}
