namespace AiLib.Dataflow.Threading;

/// <summary>The one argument of every <c>ConfigureAwait</c> in this library.</summary>
internal static class Continuations
{
    /// <summary>
    /// Whether continuations stay on the synchronisation context they were awaited on. False in production. The deterministic simulation sets the switch,
    /// because one continuation that leaves its scheduler ends every simulated run in a false deadlock. Read once, so that it is a constant to the compiler.
    /// </summary>
    public static readonly bool KeepContext = AppContext.TryGetSwitch("AiLib.Dataflow.KeepContext", out bool keep) && keep;
}
