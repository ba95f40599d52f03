namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>Tells rejections that a target makes of many attempts from those that it makes anyway: the share of the latter is its noise.</summary>
/// <remarks>
/// The test is Page's cumulative sum (E. S. Page, Continuous inspection schemes, 1954) of the logarithm of how much likelier an attempt's end is at the
/// noise plus <see cref="Excess"/> than at the noise. It starts again at 0, so that a long calm time is no credit. Without noise one rejection is proof.
/// </remarks>
internal struct RejectionNoise
{
    /// <summary>How much more than the noise is looked for. Less costs less than the answers that a needless cut loses, 1 − CutRatio.</summary>
    public const double Excess = 0.2;

    // The sum that is proof: chance alone gets there at most once in e^7, 1,100, attempts (Lorden's bound). A cut by chance is taken back after a trial,
    // so that is rare enough.
    private const double Proof = 7;

    /// <summary>A target that rejects more is full or broken, whatever the reason is; sending it more is no cure either.</summary>
    public const double MostNoise = 0.4;

    // Rarer than one of all attempts that are remembered is not known at all.
    private const double Least = 0.001;

    // What was rejected at levels below one that was cut or is home, and of everything: the noise is the latter as far as the former allows. So it falls by
    // itself, but rises only by what fewer attempts did not cure; if it followed all rejections, a limit that grows slowly would raise it with them.
    private FadingShare _below;
    private FadingShare _all;

    // What the current turn adds to the sum at its end, and how many ended in it. Rejections are back before answers, so where attempts begin together, as at
    // a target of constant latency, those of one turn come in a row; only a whole turn has its share of both.
    private double _sum;
    private double _turnSum;
    private int _turnEnds;

    /// <summary>A noise that was measured as so many of so many attempts at a lower level.</summary>
    public RejectionNoise(int rejected, int attempts)
    {
        _below = _all = new FadingShare(rejected, attempts);
        IsKnown = _below.Value >= Least;
    }

    /// <summary>Whether the target rejects without reason at all.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>The share of attempts that it rejects without reason.</summary>
    public readonly double Share => IsKnown ? Math.Min(MostNoise, Math.Min(_below.AtMost, _all.Value)) : 0;

    /// <summary>About how many rejections in a row are proof, which is what a probe costs.</summary>
    public readonly int Patience => IsKnown ? (int)Math.Ceiling(Proof / Math.Log((Share + Excess) / Share)) : 1;

    /// <summary>Learns how an attempt ended.</summary>
    /// <param name="rejected">Whether it was rejected.</param>
    /// <param name="isBelow">Whether fewer were in flight than the target is believed to take.</param>
    /// <param name="isGrowing">Whether each answer makes room for two attempts.</param>
    /// <param name="turn">How many attempts are in flight.</param>
    /// <returns>Whether more is rejected than noise explains.</returns>
    public bool Add(bool rejected, bool isBelow, bool isGrowing, int turn)
    {
        if (!IsKnown)
        {
            return rejected;
        }

        // While it grows two attempts begin for an answer, and rejections are back before answers: a share p of what begins is 2 p ÷ (1 + p) of what ends.
        double share = isGrowing ? 2 * Share / (1 + Share) : Share;
        _turnSum += rejected ? Math.Log((share + Excess) / share) : Math.Log((1 - share - Excess) / (1 - share));
        if (++_turnEnds >= turn)
        {
            _sum = Math.Max(0, _sum + _turnSum);
            (_turnSum, _turnEnds) = (0, 0);
        }

        if (!isGrowing)
        {
            _all.Add(rejected);
            if (isBelow)
            {
                _below.Add(rejected);
            }

            IsKnown = Share >= Least;
        }

        return rejected && _sum >= Proof;
    }

    /// <summary>Whether a share that was measured at a lower level may be this noise.</summary>
    public readonly bool Explains(double share) => IsKnown && Math.Abs(share - Share) <= Excess / 2;

    /// <summary>Adds what a trial has counted at a lower level.</summary>
    public void Add(in RejectionTrial trial)
    {
        for (int n = 0; n < trial.Attempts; n++)
        {
            _below.Add(n < trial.Rejected);
            _all.Add(n < trial.Rejected);
        }

        IsKnown = Share >= Least;
    }

    /// <summary>Starts the test again, because the level has changed.</summary>
    public void Restart() => (_sum, _turnSum, _turnEnds) = (0, 0, 0);
}
