namespace AiLib.Dataflow.Pools;

/// <summary>Chooses among the members of a pool: smooth weighted turns, among all that may be chosen or among the least loaded of them.</summary>
/// <remarks>
/// <para>What is this: the turns of nginx's upstreams. Each candidate gains its weight, the one that has most is chosen and pays what all have gained. There is no
/// chance in it, and members that were out for a while have saved nothing up.</para>
/// <para>Threading: everything from anywhere; the lock is held for arithmetic only.</para>
/// </remarks>
internal sealed class MemberChoice(int[] weights, PoolChoice choice)
{
    private readonly Lock _sync = new();

    // Guarded by _sync.
    private readonly long[] _gained = new long[weights.Length];

    /// <summary>Chooses one.</summary>
    /// <param name="loads">What waits and runs at each member; less than zero for one that may not be chosen.</param>
    /// <returns>Its place, or -1 when there is none.</returns>
    public int Choose(ReadOnlySpan<long> loads)
    {
        lock (_sync)
        {
            int least = choice == PoolChoice.LeastLoaded ? Least(loads) : -1;
            int best = -1;
            long sum = 0;
            for (int place = 0; place < weights.Length; place++)
            {
                if (loads[place] < 0 || (least >= 0 && Compare(loads, place, least) != 0))
                {
                    continue;
                }

                sum += weights[place];
                _gained[place] += weights[place];
                best = best < 0 || _gained[place] > _gained[best] ? place : best;
            }

            if (best >= 0)
            {
                _gained[best] -= sum;
            }

            return best;
        }
    }

    private int Least(ReadOnlySpan<long> loads)
    {
        int least = -1;
        for (int place = 0; place < weights.Length; place++)
        {
            least = loads[place] >= 0 && (least < 0 || Compare(loads, place, least) < 0) ? place : least;
        }

        return least;
    }

    // Load for weight, without a division.
    private int Compare(ReadOnlySpan<long> loads, int one, int other) => (loads[one] * weights[other]).CompareTo(loads[other] * weights[one]);
}
