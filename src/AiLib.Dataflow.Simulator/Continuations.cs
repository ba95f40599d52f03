namespace AiLib.Dataflow.Simulator;

/// <summary>Where continuations run: the one argument of every <c>ConfigureAwait</c> in this library.</summary>
internal static class Continuations
{
    /// <summary>False: nothing here needs the caller's context.</summary>
    public const bool KeepContext = false;
}
