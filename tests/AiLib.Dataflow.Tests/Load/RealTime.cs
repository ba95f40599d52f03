namespace AiLib.Dataflow.Tests.Load;

/// <summary>Tests on real threads and real time: they run alone, or they would measure each other.</summary>
[CollectionDefinition(nameof(RealTime), DisableParallelization = true)]
public sealed class RealTime;
