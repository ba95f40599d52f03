namespace AiLib.Dataflow.Batch;

/// <summary>The one place that says where the code behind an await of this library continues.</summary>
internal static class Continuations
{
    /// <summary>
    /// Whether it stays on the context that it was awaited on. False: a library never returns to its caller's. The switch is for runs in virtual time, which live on one thread, as the
    /// engine's is. Read once, so that it is a constant to the compiler.
    /// </summary>
    public static readonly bool KeepContext = AppContext.TryGetSwitch("AiLib.Dataflow.KeepContext", out bool keep) && keep;
}
