namespace AiLib.Dataflow.Capacity;

/// <summary>Lets only so many calls have a hedge: each call pays in a share of one, each hedge takes one out, and only a few can be saved up.</summary>
/// <remarks>
/// <para>What is this: a bucket that begins empty, so hedges ≤ share × calls holds at every moment from the first call on. What can be saved up is bounded, so that after
/// hours of quick answers a target that turns slow is not hedged for every call of the next minutes.</para>
/// <para>Threading: everything from anywhere.</para>
/// </remarks>
/// <param name="share">Hedges for each call.</param>
internal sealed class HedgeBudget(double share)
{
    /// <summary>How many hedges can be saved up. Judgement: more than the few calls that a pause of one server holds up at once, less than anybody would notice as load.</summary>
    public const int Most = 10;

    // Whole numbers: a sum of a million twentieths has to be exact. Rounded down, but for what a floating-point number may be too small by.
    private const long One = 1_000_000;

    private readonly Lock _sync = new();
    private readonly long _perCall = (long)((share * One) + 1e-6);

    // Guarded by _sync.
    private long _saved;
    private long _refused;

    /// <summary>How many hedges it refused.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>A call pays in.</summary>
    public void OnCall()
    {
        lock (_sync)
        {
            _saved = Math.Min(_saved + _perCall, Most * One);
        }
    }

    /// <summary>Takes one hedge out, if there is one.</summary>
    public bool TrySpend()
    {
        lock (_sync)
        {
            bool spends = _saved >= One;
            _saved -= spends ? One : 0;
            _refused += spends ? 0 : 1;
            return spends;
        }
    }

    /// <summary>Puts back what was taken for a hedge that could not begin.</summary>
    public void GiveBack()
    {
        lock (_sync)
        {
            _saved = Math.Min(_saved + One, Most * One);
        }
    }
}
