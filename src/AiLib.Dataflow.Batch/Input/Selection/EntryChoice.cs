namespace AiLib.Dataflow.Batch.Input.Selection;

/// <summary>Which entries of an input are read: a share of them, or so many; the same ones each time.</summary>
/// <remarks>For one reader. Asked once for each entry in their order.</remarks>
internal sealed class EntryChoice
{
    // So that a sample does not depend on the time of day when nobody names a seed.
    private const ulong UsualSeed = 1;

    private readonly ulong _seed;
    private readonly double? _share;
    private long _left;
    private long _wanted;

    private EntryChoice(long? seed, double? share, long left, long wanted)
    {
        _seed = (ulong?)seed ?? UsualSeed;
        _share = share;
        _left = left;
        _wanted = wanted;
    }

    /// <summary>A share of the entries: each is chosen or not by its number alone.</summary>
    public static EntryChoice OfShare(double share, long? seed) => new(seed, share, 0, 0);

    /// <summary>So many of the entries, each set of them as likely as any other: as many as are still wanted among those that are left.</summary>
    public static EntryChoice OfCount(long wanted, long all, long? seed) => new(seed, share: null, all, wanted);

    /// <summary>Whether the entry with this number is chosen.</summary>
    public bool Takes(long number)
    {
        double chance = Scramble.Share(_seed, (ulong)number);
        if (_share is { } share)
        {
            return chance < share;
        }

        bool isTaken = chance * _left < _wanted;
        _left--;
        _wanted -= isTaken ? 1 : 0;
        return isTaken;
    }
}
