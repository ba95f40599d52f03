namespace AiLib.Dataflow.Pools;

/// <summary>A pool as the builder was given it.</summary>
internal sealed record PoolSettings(string Name, PoolOptions Options)
{
    public const int MostWeight = 1_000;
}
