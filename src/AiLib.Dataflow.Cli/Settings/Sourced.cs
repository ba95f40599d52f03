namespace AiLib.Dataflow.Cli.Settings;

/// <summary>A setting, and who said so.</summary>
/// <param name="Value">What it is.</param>
/// <param name="Source">An option, an environment variable, a place in the configuration file, or <see cref="Sources.BuiltIn"/>.</param>
internal sealed record Sourced<T>(T Value, string Source);
