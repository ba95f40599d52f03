namespace AiLib.Dataflow.Pools;

/// <summary>How a pool chooses a member for a request.</summary>
/// <remarks>
/// Either way only among the members that can be called: parked ones, open circuits and those that have just asked for a rest are passed over. While every member
/// is busy the choice matters little: a request that waits goes to whichever member has room first.
/// </remarks>
public enum PoolChoice
{
    /// <summary>The member with the fewest requests waiting and in flight for its weight; among equals, by turns as <see cref="Weighted"/>.</summary>
    LeastLoaded,

    /// <summary>By turns, each member as often as its weight says.</summary>
    Weighted,
}
