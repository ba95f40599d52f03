namespace AiLib.Dataflow.Capacity.Limits;

/// <content>What follows from a rejection, and the ceiling that is remembered from it.</content>
public sealed partial class AdaptiveLimit
{
    private const int NoCeiling = int.MaxValue;

    // One cut never takes more than this, whatever the rejection says about the target's capacity.
    private const double DeepestCut = 0.5;

    // A rejection this close to the remembered ceiling says that the ceiling was taken a little too high, or that the target had freed a place a moment late.
    private const double AtCeiling = 0.9;
    private const double CeilingStep = 0.01;

    private BurstGuard _burst;

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
        if (!_burst.IsNews(sample))
        {
            if (_ceiling != NoCeiling && !_noise.IsKnown)
            {
                _ceiling = Math.Max(Math.Min(_ceiling, others), _range.Clamp(_home));
            }

            return;
        }

        if (!IsReason(rejected: true) || IsEndOfProbation(sample))
        {
            return;
        }

        _burst.Cut(sample);
        _before = null;
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

            // The attempt that was rejected says what the target takes, when it was among the first; trusted between two cuts.
            double least = Math.Floor(_current * DeepestCut);
            double most = Math.Floor(_current * _options.CutRatio);
            _home = _range.Clamp(Math.Max(least, Math.Min(most, others)));
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

    private bool IsAtCeiling(double level) => _ceiling != NoCeiling && level >= Math.Min(_ceiling * AtCeiling, _ceiling - 1);
}
