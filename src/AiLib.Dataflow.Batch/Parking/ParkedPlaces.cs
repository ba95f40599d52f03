namespace AiLib.Dataflow.Batch.Parking;

/// <summary>Which entries of the input a leg reads: of those that earlier legs have read the parked ones, and all behind them.</summary>
/// <remarks>For one reader, who goes through the entries in their order.</remarks>
/// <param name="parked">The places of the parked ones, rising.</param>
/// <param name="firstNew">The first place that no leg has read.</param>
internal sealed class ParkedPlaces(List<long> parked, long firstNew)
{
    private int _next;

    /// <summary>Those that were not reached.</summary>
    public IEnumerable<long> Left => parked.Skip(_next);

    /// <summary>Whether an entry was not read before.</summary>
    public bool IsNew(long place) => place >= firstNew;

    /// <summary>Whether an entry that was read before is read again.</summary>
    public bool Takes(long place)
    {
        if (_next == parked.Count || parked[_next] != place)
        {
            return false;
        }

        _next++;
        return true;
    }
}
