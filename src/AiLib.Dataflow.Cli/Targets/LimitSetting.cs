using AiLib.Dataflow.Cli.Settings;

namespace AiLib.Dataflow.Cli.Targets;

/// <summary>A limit that holds for a target.</summary>
/// <param name="Limit">Which one.</param>
/// <param name="Said">How much, and who says so.</param>
internal sealed record LimitSetting(Limit Limit, Sourced<double> Said);
