namespace AiLib.Dataflow.Simulator.Desk;

/// <summary>The time a request spends in the server; it ends once, whoever ends it first.</summary>
/// <remarks>
/// Whoever sends an answer ends the stay before the last bytes go out: a client that has its answer and sends the next request must
/// not meet its own old one at the concurrency limit. Used by one request's handler only, so it needs no lock.
/// </remarks>
internal sealed class Stay(FrontDesk desk)
{
    private bool _ended;

    /// <summary>Ends it, unless it has ended.</summary>
    public void End(bool abandoned = false)
    {
        if (!_ended)
        {
            _ended = true;
            desk.Leave(abandoned);
        }
    }
}
