namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>Counts, at a level that is held after cuts, which share of attempts is rejected there all the same.</summary>
internal struct RejectionTrial
{
    // The standard error that is good enough: a quarter of what the test that follows upstairs looks for.
    private const double Enough = RejectionNoise.Excess / 4;

    // So many standard errors are hardly ever chance: once in 160 comparisons.
    private const double Clear = 2.5;

    // A share that has shown fewer by the end is not worth the name.
    private const int Few = 3;

    private readonly int _most;

    // No verdict before a whole turn: rejections are back before answers, so the first ones of attempts that began together look like all of them.
    private readonly int _turn;

    // Ends that still come from before the cut, or from its first moment: rejections are back sooner than answers.
    private int _settling;

    /// <summary>A trial that lets one turn of the level pass first and then counts one at least, and so many attempts at most.</summary>
    public RejectionTrial(int level, int most) => (_settling, _turn, _most) = (level, level, Math.Max(level, most));

    /// <summary>How many were rejected.</summary>
    public int Rejected { get; private set; }

    /// <summary>How many ended.</summary>
    public int Attempts { get; private set; }

    /// <summary>The share that was rejected. One attempt of either kind is added, so that three of three are not certainty (Laplace).</summary>
    public readonly double Share => (Rejected + 1.0) / (Attempts + 2.0);

    // The standard error of the share.
    private readonly double Error => Math.Sqrt(Share * (1 - Share) / (Attempts + 2));

    /// <summary>Learns how an attempt ended.</summary>
    public TrialVerdict Add(bool rejected)
    {
        if (_settling > 0)
        {
            _settling--;
            return TrialVerdict.Open;
        }

        Attempts++;
        Rejected += rejected ? 1 : 0;

        return Attempts < _turn ? TrialVerdict.Open
            : rejected && Share - (Clear * Error) > RejectionNoise.MostNoise ? TrialVerdict.Full
            : Attempts < _most && (Rejected < Few || Error > Enough) ? TrialVerdict.Open
            : Rejected < Few ? TrialVerdict.Cured
            : Share <= RejectionNoise.MostNoise ? TrialVerdict.Noise
            : rejected ? TrialVerdict.Full
            : TrialVerdict.Open; // Only a rejection can be answered with a cut, and the next one is not far.
    }

    /// <summary>Whether clearly more is rejected than in another trial.</summary>
    public readonly bool IsAbove(in RejectionTrial other) => Share - other.Share > Clear * Math.Sqrt((Error * Error) + (other.Error * other.Error));
}

/// <summary>What a <see cref="RejectionTrial"/> has found.</summary>
internal enum TrialVerdict
{
    /// <summary>Nothing yet.</summary>
    Open,

    /// <summary>The cuts have ended the rejections.</summary>
    Cured,

    /// <summary>So much is rejected that the target must still be too full.</summary>
    Full,

    /// <summary>The target goes on rejecting as before.</summary>
    Noise,
}
