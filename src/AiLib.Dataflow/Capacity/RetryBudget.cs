using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>Lets only so many retries reach a target: a share of its first attempts, and a few. So a target in trouble is not asked four times as often.</summary>
/// <remarks>
/// <para>What is this: two counts over a sliding window. A retry passes while retries ≤ share × first attempts + reserve (as Finagle's and tower's budgets do,
/// Marius Eriksen, "Your server as a function", 2013, gives the idea).</para>
/// <para>Threading: everything from anywhere. First attempts are counted by each thread for itself, retries under a lock.</para>
/// </remarks>
internal sealed class RetryBudget
{
    private readonly Lock _sync = new();
    private readonly CounterTable _counted = new(SlidingCounts.Buckets);
    private readonly SlidingCounts _window;
    private readonly double _share;
    private readonly int _reserve;
    private long _refused;

    /// <summary>Creates a budget of which nothing was spent.</summary>
    /// <param name="share">Retries for each first attempt.</param>
    /// <param name="reserve">Retries that are always allowed.</param>
    /// <param name="window">The length of the window, in timestamp units.</param>
    public RetryBudget(double share, int reserve, long window)
    {
        _share = share;
        _reserve = reserve;
        _window = new SlidingCounts(window, _counted, first: 0);
    }

    /// <summary>How many retries it refused.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Counts a first attempt.</summary>
    public void OnFirstAttempt(long now, ThisThread thread) => _window.CountUsual(now, _counted.Of(thread));

    /// <summary>Spends one retry, if there is one.</summary>
    public bool TrySpend(long now)
    {
        lock (_sync)
        {
            WindowCounts seen = _window.Read(now);
            if (seen.Rare + 1 > (_share * seen.Usual) + _reserve)
            {
                _refused++;
                return false;
            }

            _window.CountRare(now);
            return true;
        }
    }
}
