namespace AiLib.Dataflow.Simulator;

/// <summary>Where continuations run: the one argument of every <c>ConfigureAwait</c> in this library.</summary>
internal static class Continuations
{
    /// <summary>
    /// Whether they stay on the context they were awaited on. False, for nothing here needs the caller's; the switch is for runs in virtual time, which live on one thread. Read once.
    /// </summary>
    public static readonly bool KeepContext = AppContext.TryGetSwitch("AiLib.Dataflow.Simulator.KeepContext", out bool keep) && keep;
}
