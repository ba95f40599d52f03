namespace AiLib.Dataflow.Cli.Config;

/// <summary>A value of a configuration file.</summary>
/// <param name="Value">The value.</param>
/// <param name="Line">Its line, from 1.</param>
internal sealed record Located<T>(T Value, int Line);
