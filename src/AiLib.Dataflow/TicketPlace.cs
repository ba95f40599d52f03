namespace AiLib.Dataflow;

/// <summary>Where a ticket is. It is in exactly one place, and moves only along these arrows.</summary>
/// <remarks>
/// <code>
/// Free → Admitting → Ready → InFlight → Settling → Free
///            │         ⇡ ⇡       ↓  ⤷ Deciding → Settling
///            │         │ └───────┼───────┤             Admitting → InFlight when nothing stands before the target;
///            │         └ Delayed ┼───────┘             Ready and Delayed → Settling when a ticket is given up or refused
///            └───────────────────┘
/// </code>
/// </remarks>
internal enum TicketPlace
{
    /// <summary>In the door: a slot to be had.</summary>
    Free,

    /// <summary>Handed to a request that is on its way into its lane.</summary>
    Admitting,

    /// <summary>In a lane's inbox.</summary>
    Ready,

    /// <summary>Held by the retry queue.</summary>
    Delayed,

    /// <summary>Being attempted.</summary>
    InFlight,

    /// <summary>Its attempt has ended without an answer, and recovery decides what follows.</summary>
    Deciding,

    /// <summary>Answered; held until the answer has been taken.</summary>
    Settling,
}
