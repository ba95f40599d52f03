namespace AiLib.Dataflow.Capacity.Limits;

/// <content>
/// What follows when cuts do not end rejections. One cut is made in good faith, a second one is held and the share of rejections counted; then the cuts
/// are taken back with that share as the noise. If clearly more is rejected up there, they were right after all.
/// </content>
public sealed partial class AdaptiveLimit
{
    // A cut is as deep as its burst, so rejections after it want another reason. With the one that is held two leave 0.64: a share that depends on load has
    // changed by then, and what need not have been cut is not far down.
    private const int CutsInGoodFaith = 1;

    // Rejections further apart have different reasons. So rare as once in a few hundred is common at real providers, and must not add up to a limit of 1;
    // to see it as noise takes a trial of some thousand attempts.
    private const int CalmAfter = 4_000;

    // Where noise is known a trial asks only whether there is more of it now.
    private const int TrialInNoise = 300;

    // A trial expects four times the rejections that led to it, twelve or more: fewer than its three is then no chance.
    private const int TrialTimes = 4;

    // Where more is rejected than noise can be, so many attempts tell whether the next cut was enough.
    private const int TrialWhenFull = 32;

    // Counting stops at a number that an outage of hours reaches: all that is asked later is how many of a few it was.
    private const int MostCounted = 1_000_000;

    private RejectionNoise _noise;

    // Before the first of the cuts that belong together; how many cuts there were; how many ended since the first one, how many of them rejected, and how
    // many since the last one.
    private Place? _top;
    private int _cuts;
    private int _ends;
    private int _rejected;
    private int _calm;

    // The trial, while the level is held for it.
    private RejectionTrial? _trial;

    // After cuts were taken back, until the first round up there has ended: that it is so, what is rejected there and what was below, where to go if that is
    // more, and what was noise before.
    private bool _isOnProbation;
    private RejectionTrial _upper;
    private RejectionTrial _lower;
    private Place _fallback;
    private RejectionNoise _noiseBefore;

    // Whether the level is one that a target with room for home, or for what was cut, should take.
    private bool IsBelow => _top is { } top ? _current <= top.Current * _options.CutRatio : _phase == Phase.Test && _current <= _level;

    /// <summary>Learns how an attempt ended.</summary>
    /// <returns>Whether it is a reason for a cut.</returns>
    private bool IsReason(bool rejected)
    {
        if (_trial is { } trial)
        {
            TrialVerdict verdict = trial.Add(rejected);
            _trial = trial;
            return Judge(verdict, trial);
        }

        Count(ends: 1, rejected ? 1 : 0);
        _calm++;
        if (_calm >= CalmAfter)
        {
            _top = null;
            _ends = _rejected = _calm = 0;
        }

        bool isGrowing = _current < _level;
        bool isReason = _noise.Add(rejected, IsBelow, isGrowing, _current);
        return isReason || (_isOnProbation && !isGrowing && _upper.Add(rejected) != TrialVerdict.Open && rejected && _upper.IsAbove(_lower));
    }

    private void Count(int ends, int rejected)
    {
        if (_ends < MostCounted)
        {
            _ends += ends;
            _rejected += rejected;
        }
    }

    /// <returns>Whether the level must still be cut.</returns>
    private bool Judge(TrialVerdict verdict, in RejectionTrial trial)
    {
        switch (verdict)
        {
            case TrialVerdict.Open:
                return false;

            case TrialVerdict.Full:
                _trial = new RejectionTrial(_current, TrialWhenFull);
                return true;

            case TrialVerdict.Noise or TrialVerdict.Cured when _top is { } top && (verdict == TrialVerdict.Noise || _noise.IsKnown):
                // Where noise is known, only a return tells a cut that has cured from one that was chance.
                TakeBack(top, trial);
                return false;

            default:
                // A rejection soon after is another trial.
                _trial = null;
                Count(trial.Attempts, trial.Rejected);
                _noise.Restart();
                GoHome(_home);
                return false;
        }
    }

    private void TakeBack(in Place top, in RejectionTrial trial)
    {
        _noiseBefore = _noise;
        if (_noise.Explains(trial.Share))
        {
            // The cut may have been right, with this noise beside it, or chance.
            _noise.Add(trial);
            _noiseBefore = _noise;
            _fallback = new Place(Phase.Home, _current, _current, Math.Max(_current, top.Current - 1), IsCeilingDoubtful: true);
        }
        else
        {
            // If it is load, the trial was rejected because of it too.
            _noise = new RejectionNoise(trial.Rejected, trial.Attempts);
            _fallback = new Place(Phase.Home, _range.Clamp(_current * _options.CutRatio), _current * _options.CutRatio, _current, IsCeilingDoubtful: true);
        }

        _trial = null;
        _top = null;
        _noise.Restart();
        Return(top);
        _isOnProbation = true;
        _lower = trial;
        _upper = new RejectionTrial(top.Current, TrialInNoise);
    }

    /// <summary>Whether a reason for a cut says that cuts should not have been taken back; then it is where they led.</summary>
    private bool IsEndOfProbation(in AttemptSample sample)
    {
        if (!_isOnProbation)
        {
            return false;
        }

        _burst.Cut(sample);
        _isOnProbation = false;
        _noise = _noiseBefore;
        _noise.Restart();
        Return(_fallback);
        return true;
    }

    /// <summary>Whether cuts have been tried without an end of the rejections. While most is rejected the target is simply still too full.</summary>
    private bool IsInVain =>
        _cuts >= CutsInGoodFaith && _top is { } top && _current <= Math.Max(_range.Min, top.Current * _options.CutRatio) && _rejected <= RejectionNoise.MostNoise * _ends;

    /// <summary>Remembers where cuts begin.</summary>
    private void OnCut()
    {
        _noise.Restart();
        _calm = 0;
        if (_top is not { } top || _current > top.Current)
        {
            _top = new Place(_phase, _current, _home, _ceiling, _isCeilingDoubtful);
            (_cuts, _ends, _rejected) = (0, 1, 1);
        }

        _cuts = Math.Min(_cuts + 1, 2);
    }

    /// <summary>Holds the level after a cut that may have been chance, or in vain.</summary>
    private void BeginTrial()
    {
        _level = _current;
        _trial ??= new RejectionTrial(_current, _noise.IsKnown ? TrialInNoise : Math.Min(CalmAfter, TrialTimes * _ends));
    }

    private void Return(in Place place)
    {
        _before = null;
        _cutFrom = 0;
        _ceiling = place.Ceiling;
        _isCeilingDoubtful = place.IsCeilingDoubtful;
        _home = _range.Clamp(place.Home);
        _homeRounds = 0;
        if (place.Phase == Phase.SlowStart)
        {
            Begin(Phase.SlowStart, place.Current);
        }
        else
        {
            // What was left in the middle of a test or a probe was away from home.
            Begin(Phase.Home, _home);
        }
    }

    private readonly record struct Place(Phase Phase, int Current, double Home, int Ceiling, bool IsCeilingDoubtful);
}
