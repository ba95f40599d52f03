namespace AiLib.Dataflow.Batch;

/// <summary>The one place that says where the code behind an await of this library continues.</summary>
internal static class Continuations
{
    /// <summary>A library never returns to its caller's context.</summary>
    public const bool KeepContext = false;
}
