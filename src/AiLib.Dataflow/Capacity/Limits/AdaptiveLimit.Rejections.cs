namespace AiLib.Dataflow.Capacity.Limits;

/// <content>What follows from a rejection, and the ceiling that is remembered from it.</content>
public sealed partial class AdaptiveLimit
{
    private const int NoCeiling = int.MaxValue;

    // A burst never leaves less than this, however much of it was rejected: it may be an outage of a moment.
    private const double DeepestCut = 0.125;

    // A rejection this close to the remembered ceiling says that the ceiling was taken a little too high, or that the target had freed a place a moment late.
    private const double AtCeiling = 0.9;
    private const double CeilingStep = 0.01;

    // So few of what was in flight may be rejected by accident. Slow start goes on after the first one: where it was the target's limit, the next one is there.
    private const double Accident = 0.1;

    private BurstGuard _burst;

    // The level that the last cut was made at, when the number of rejections says how deep it must be (0 when it does not), how many there were, and how
    // many answers since.
    private int _cutFrom;
    private int _cutRejected;
    private int _cutAnswered;

    // The most attempts in flight that were taken, or so it is believed. Probes raise it; rejections lower it.
    private int _ceiling = NoCeiling;

    // Whether there was a rejection since the last full round; the second one is no accident.
    private bool _warned;

    // How many attempts more the current probe tries, and how many answers came since the last one or the last cut.
    private int _step = 1;
    private int _sinceProbe;

    // Whether the ceiling comes from a cut and no probe has confirmed it: an outage leaves a ceiling that is far too low, so the first probe does not wait.
    private bool _isCeilingDoubtful;

    private void OnDropped(in AttemptSample sample)
    {
        // What it found there: no more than that were taken. Where others are rejected for no reason it may be one of them, and only the level is known.
        int others = (_noise.IsKnown ? _current : Math.Max(1, sample.InFlight)) - 1;
        NoteRejection(sample);
        if (!_burst.IsNews(sample))
        {
            OnMoreOfTheBurst(sample, others);
            return;
        }

        if (!IsReason(rejected: true) || IsEndOfProbation(sample))
        {
            return;
        }

        NoteCut();
        _burst.Cut(sample);
        _before = null;
        _cutFrom = 0;
        bool isOnTrial = false;
        if (_phase == Phase.Probe && others >= _ceiling)
        {
            _noise.Restart();

            // Only the attempt that was too many was rejected: the ceiling is where it was believed to be.
            _home = _ceiling;
            _isCeilingDoubtful = false;
        }
        else if (!_warned && IsAtCeiling(others + 1) && IsAtCeiling(_home))
        {
            OnCut();
            int lower = Math.Min(_ceiling - 1, (int)(_ceiling * (1 - CeilingStep)));
            _ceiling = Math.Max(_range.Min, Math.Min(others, lower));
            _home = Math.Min(_home, _ceiling);
            _warned = true;
        }
        else
        {
            // Where noise is known one cut is enough to look: it may have been chance.
            isOnTrial = _noise.IsKnown || IsInVain;
            OnCut();

            (_cutFrom, _cutRejected, _cutAnswered) = (_current, 1, 0);
            _home = _range.Clamp(Math.Floor(_current * _options.CutRatio));
            _ceiling = Math.Max((int)_home, Math.Min(others, _current));
            _warned = true;
            _isCeilingDoubtful = true;
        }

        _step = 1;
        _sinceProbe = 0;
        GoHome(_home);
        if (isOnTrial)
        {
            BeginTrial();
        }
    }

    /// <summary>
    /// Learns from a rejection that belongs to a burst for which the limit was cut already. What was in flight at the cut and is not rejected is what the
    /// target took, so the number of rejections is how deep the cut must be: exactly, where the target is full, and hardly at all, where it rejects a few at random.
    /// </summary>
    private void OnMoreOfTheBurst(in AttemptSample sample, int others)
    {
        if (_noise.IsKnown)
        {
            return;
        }

        if (_cutFrom > 0 && _burst.IsOfLastCut(sample))
        {
            _cutRejected++;
            if (Taken < _current)
            {
                LowerTo(Taken);
            }
        }

        if (_ceiling != NoCeiling)
        {
            _ceiling = Math.Max(Math.Min(_ceiling, others), _range.Clamp(_home));
        }
    }

    // How many of what was in flight at the last cut were not rejected.
    private int Taken => _range.Clamp(Math.Max(Math.Floor(_cutFrom * DeepestCut), _cutFrom - _cutRejected));

    /// <summary>Learns from an answer that the burst is over, one turn after the cut; then what was cut beyond what the target took is given back.</summary>
    private void OnAnswerAfterCut()
    {
        if (_cutFrom == 0 || _trial is not null || ++_cutAnswered < _cutFrom)
        {
            return;
        }

        int taken = Math.Min(Taken, Cap);
        bool isAccident = IsFirstCutOfSlowStart && _cutRejected <= Accident * _cutFrom;
        _cutFrom = 0;
        if (isAccident)
        {
            _ceiling = NoCeiling;
            Begin(Phase.SlowStart, taken);
        }
        else if (taken > _home)
        {
            GoHome(taken);
        }
    }

    private bool IsFirstCutOfSlowStart => _cuts == 1 && _top is { Phase: Phase.SlowStart } top && top.Current == _cutFrom;

    private void LowerTo(int level)
    {
        bool isOnTrial = _trial is not null;
        GoHome(level);
        if (isOnTrial)
        {
            _trial = null;
            BeginTrial();
        }
    }

    private bool IsAtCeiling(double level) => _ceiling != NoCeiling && level >= Math.Min(_ceiling * AtCeiling, _ceiling - 1);
}
