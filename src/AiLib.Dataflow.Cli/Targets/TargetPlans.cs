using AiLib.Dataflow.Cli.Settings;

namespace AiLib.Dataflow.Cli.Targets;

/// <summary>The targets of a run as they are meant.</summary>
/// <param name="All">They, in fallback order.</param>
/// <param name="OrderSource">Who says which they are, and in which order.</param>
internal sealed record TargetPlans(IReadOnlyList<TargetPlan> All, string OrderSource)
{
    /// <summary>No targets.</summary>
    public static TargetPlans None { get; } = new([], Sources.BuiltIn);
}
