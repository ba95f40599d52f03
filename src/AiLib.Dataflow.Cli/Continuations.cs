namespace AiLib.Dataflow.Cli;

/// <summary>The one place that says where the code behind an await of this tool continues.</summary>
internal static class Continuations
{
    /// <summary>There is no context to return to.</summary>
    public const bool KeepContext = false;
}
