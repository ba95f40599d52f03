namespace AiLib.Dataflow.Threading;

/// <summary>Cancels without letting foreign callbacks break the canceller.</summary>
internal static class QuietCancellation
{
    /// <summary>Cancels here and now; the asynchronous form would leave the scheduler.</summary>
    /// <returns>False when a callback on the token threw, which is its own affair.</returns>
    public static bool TryCancel(this CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
            return true;
        }
        catch (AggregateException)
        {
            return false;
        }
    }
}
