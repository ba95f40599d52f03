namespace AiLib.Dataflow;

/// <summary>What a ticket is used for.</summary>
internal enum TicketUse : byte
{
    /// <summary>A request of a stream.</summary>
    Stream,

    /// <summary>A call.</summary>
    Call,

    /// <summary>A call that may get a hedge. Its owner counts the end, because the answer may come from the other ticket.</summary>
    HedgeableCall,

    /// <summary>A hedge: one attempt for a call that has a ticket of its own. Its owner counts as well.</summary>
    Hedge,
}
