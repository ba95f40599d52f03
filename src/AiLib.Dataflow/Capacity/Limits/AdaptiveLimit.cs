namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>
/// Finds how many attempts a target takes at once, whether it rejects what is too much or becomes slower. The limit for whoever does not know the right one.
/// </summary>
/// <remarks>
/// <para>What is this: a search in rounds. A round is a level that is held until the target has settled and enough latencies are known; then one of these follows.</para>
/// <list type="bullet">
/// <item>Slow start: the level doubles every other round trip (as TCP Vegas does, so that a doubling can be judged before the next one), until a
/// rejection, or until a doubling no longer brings half as many answers again. Then it grows by smaller factors, until growing brings too little.</item>
/// <item>Home: the level that is best as far as is known. It grows while more attempts bring more answers, up to the remembered ceiling.</item>
/// <item>Test: now and then a round at three quarters of it. If latency falls in proportion, nothing was gained up there and that becomes home.</item>
/// <item>Probe: at the ceiling, every <see cref="AdaptiveLimitOptions.ProbeAfter"/> answers, one attempt more. If that is taken the ceiling moves, and
/// steps double while they succeed; a rejection ends it and home is where it was.</item>
/// <item>When latency jumps by half, what was learnt is forgotten and home is tested at its half: longer work is told from a smaller target by whether
/// latency falls with the level.</item>
/// </list>
/// <para>A rejection cuts the limit once for all attempts that began before it, as deep as so many of them are rejected, and is remembered as the ceiling;
/// what was cut beyond that comes back a turn later, and a slow start goes on after the first cut that was an accident. How long the target asks to be left
/// alone is not known here: it blocks the sending of attempts elsewhere, and what returns rejected after it began before the cut and cuts nothing.</para>
/// <para>Some targets reject a share of attempts however few there are. So when cuts do not end the rejections, the level is held for a trial and the share
/// counted; then the cuts are taken back, and from then on only a share that is clearly above this noise cuts (<see cref="RejectionNoise"/>). A cut that is
/// made beside noise is followed by a trial and a return at once, because it may have been chance.</para>
/// <para>Growth of any kind happens by one for each answer, and only while at least 80 % of the limit is used.</para>
/// <para>Threading: not thread-safe; the owner calls it under its own lock. It has no clock; time is what the samples say.</para>
/// </remarks>
public sealed partial class AdaptiveLimit : IConcurrencyLimit
{
    // Set once in the constructor.
    private readonly AdaptiveLimitOptions _options;

    // Its maximum may be set later.
    private LimitRange _range;

    // What is being done. The current limit moves to the level by one for each answer upwards, at once downwards.
    private Phase _phase;
    private int _level;
    private int _current;
    private LatencyRound _round;

    // What is known. Home is kept with its fraction, so that small steps of growth add up.
    private double _home;
    private int _homeRounds;
    private RoundFigures? _before;
    private GainEstimate _gain = new();
    private double _factor = FirstFactor;

    // Whether latency has jumped, so that home is measured again and then tested.
    private bool _isShaken;

    /// <summary>Creates the limit.</summary>
    /// <param name="options">How it moves; copied.</param>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public AdaptiveLimit(AdaptiveLimitOptions? options = null)
    {
        _options = options is null ? new AdaptiveLimitOptions() : options with { };
        SettingsCheck check = new();
        _options.Check(check);
        check.ThrowIfAny();
        _range = _options.Range;
        _home = _current = _options.Initial;
        Begin(Phase.SlowStart, _home);
    }

    private enum Phase
    {
        SlowStart,
        Home,
        Test,
        Probe,
    }

    /// <inheritdoc/>
    public int Current => _current;

    /// <summary>
    /// The limit never grows beyond it. At first <see cref="AdaptiveLimitOptions.Max"/>; may be set while the limit is in use, by whoever owns it. A lower one
    /// holds at once; a higher one is tried like a slow start where the old one was all that held the limit.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than <see cref="AdaptiveLimitOptions.Min"/>, or greater than 1,000,000.</exception>
    public int Max
    {
        get => _range.Max;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, _range.Min);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, LimitRange.Most);
            bool wasHeld = value > _range.Max && _home >= _range.Max && _ceiling == NoCeiling && _trial is null;
            _range = _range with { Max = value };
            _home = Math.Min(_home, value);
            if (wasHeld)
            {
                _before = null;
                _factor = FirstFactor;
                Begin(Phase.SlowStart, _current);
            }
            else if (_level > value)
            {
                LowerTo(_phase == Phase.SlowStart ? value : (int)_home);
            }
        }
    }

    // The highest level that is known, or not known not, to be taken.
    private int Cap => Math.Min(_range.Max, _ceiling);

    /// <inheritdoc/>
    public void Observe(in AttemptSample sample)
    {
        switch (sample.Outcome)
        {
            case PermitEnd.Dropped:
                OnDropped(sample);
                break;

            case PermitEnd.Succeeded:
                // Whatever was in flight: an answer is no rejection.
                IsReason(rejected: false);
                NoteAnswer(sample);
                OnAnswerAfterCut();
                if (_trial is null && sample.Uses(_current))
                {
                    OnSucceeded(sample);
                }

                break;
        }
    }

    private void OnSucceeded(in AttemptSample sample)
    {
        // Saturates: it is compared with a bound only.
        _sinceProbe += _sinceProbe < int.MaxValue ? 1 : 0;
        if (_current < _level)
        {
            _current++;
            return;
        }

        if (_round.Add(sample.LogLatency) && !IsUndecided())
        {
            EndRound();
        }
    }

    /// <summary>Starts a round at another level.</summary>
    private void Begin(Phase phase, double level)
    {
        _phase = phase;
        int from = _current;
        _level = _range.Clamp(level);
        _current = Math.Min(_current, _level);

        // What comes back first began at the old level. The more latencies are spread, the longer the slow ones among them take to leave.
        double turns = Math.Min(3, 1 + _gain.Spread) * Share(phase);
        int settling = (int)Math.Ceiling(turns * Math.Max(from, _level));
        _round = phase == Phase.SlowStart && _before is null ? new LatencyRound(settling, Wanted(phase), Least(phase)) : new LatencyRound(settling, Wanted(phase));
    }

    /// <summary>Starts another round at the same level, where everything has settled.</summary>
    private void Stay()
    {
        _phase = Phase.Home;
        _round = new LatencyRound(0, Wanted(Phase.Home));
    }

    // A mean is known to a tenth (one standard error), and every attempt in flight should have had its turn. A probe waits for a rejection, not for a mean.
    private int Wanted(Phase phase)
    {
        double enough = phase switch
        {
            Phase.SlowStart when _before is null => FirstRound,
            Phase.Probe => LeastRound,
            _ => Math.Clamp(100 * _gain.Variance, LeastRound, MostNeeded),
        };
        return (int)Math.Ceiling(Math.Max(enough, Share(phase) * _level));
    }

    private int Least(Phase phase) => (int)Math.Ceiling(Math.Max(LeastFirst, Share(phase) * _level));

    // A doubling is so wide a step that half a turn says enough.
    private double Share(Phase phase) => phase == Phase.SlowStart && _factor == FirstFactor ? 0.5 : 1;
}
