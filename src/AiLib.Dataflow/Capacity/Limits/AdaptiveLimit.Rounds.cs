namespace AiLib.Dataflow.Capacity.Limits;

/// <content>What follows from a round. The constants were tuned in the simulation of the tests, over targets of three sizes that reject, saturate or slow down.</content>
public sealed partial class AdaptiveLimit
{
    // Slow start doubles first, then grows by the root of the last factor; a factor below the least one is no start any more.
    private const double FirstFactor = 2;
    private const double LeastFactor = 1.15;

    // All that slow start compares itself with, so it is measured well.
    private const int FirstRound = 60;

    // Fewer are enough where latencies are alike, as far as so few can tell.
    private const int LeastFirst = 20;

    // Other rounds want so many latencies at least, and no more than so many where there are not as many attempts in flight.
    private const int LeastRound = 10;
    private const int MostNeeded = 200;

    // A doubling is worth another one when it brings at least half of what it could: the middle between a flat and a saturated target.
    private const double HalfGain = 0.5;

    // Slow start waits for more latencies until its judgement is so many standard errors clear, but for at most so many turns.
    private const double ClearErrors = 2;
    private const double SurelyErrors = 1.5;
    private const int MostTurns = 5;

    // So much above the level at which the saturated target would just have been full, because the estimate is one.
    private const double AboveKnee = 1.2;

    // A knee that is estimated no further above the lower level than this may as well lie below it.
    private const double KneeAbove = 1.05;

    // A test is made at this share of home: far enough to see a difference, near enough not to lose much.
    private const double TestLevel = 0.75;

    // Home rounds between tests, and at the ceiling, where rejections say nearly all that is needed.
    private const int RoundsBetweenTests = 2;
    private const int RoundsBetweenTestsAtCap = 30;

    // Where a share is rejected anyway, rejections say less, and tests show what it is.
    private const int RoundsBetweenTestsInNoise = 20;

    // How sure one must be to go down, to go up, and to go down at the ceiling, in standard errors. Up is easier, because what was gained is answers.
    private const double ErrorsDown = 1;
    private const double ErrorsUp = 0.75;
    private const double ErrorsDownAtCap = 2;

    // How much home grows where no ceiling is known.
    private const double SearchGrowth = 0.2;

    // What is left of the evidence when home grows, when it falls, which is a longer way, and when slow start ends, whose levels were far away.
    private const double KeptByGrowth = 0.7;
    private const double KeptByFall = 0.3;
    private const double KeptBySlowStart = 0.15;

    // A jump of latency: by half (a logarithm), and by so many standard errors. Then the test goes further down, because one test has to decide.
    private const double Jump = 0.405;
    private const double JumpErrors = 4;
    private const double ShakenTestLevel = 0.5;

    // This close to the ceiling growth is slow.
    private const double NearCeiling = 0.95;
    private const double GrowthNearCeiling = 0.01;

    private void EndRound()
    {
        RoundFigures round = _round.At(_level);
        RoundFigures? before = _before;
        _before = round;
        _warned = false;
        _isOnProbation = false;
        _gain.LearnVariance(round);
        if (before is { } figures)
        {
            if (_phase != Phase.SlowStart && HasJumped(figures, round))
            {
                _gain.Fade(0);
                _isShaken = true;
                GoHome(_home);
                return;
            }

            _gain.Learn(figures, round);
        }

        switch (_phase)
        {
            case Phase.SlowStart:
                AfterSlowStart(before, round);
                break;
            case Phase.Probe:
                AfterProbe();
                break;
            case Phase.Test:
                AfterTest();
                break;
            default:
                AfterHome();
                break;
        }
    }

    /// <summary>Whether latency rose by more than the level and chance explain: the work or the target has changed, and what was learnt is about another one.</summary>
    private bool HasJumped(in RoundFigures before, in RoundFigures round)
    {
        double explained = Math.Max(0, round.LogLevel - before.LogLevel);
        double chance = JumpErrors * _gain.Spread * Math.Sqrt((1.0 / before.Count) + (1.0 / round.Count));
        return round.LogLatency - before.LogLatency - explained > Math.Max(Jump, chance);
    }

    /// <summary>Whether slow start should wait for more latencies before it judges its last step.</summary>
    private bool IsUndecided()
    {
        if (_phase != Phase.SlowStart || _before is not { } before || _round.Count >= MostTurns * _level)
        {
            return false;
        }

        RoundFigures round = _round.At(_level);
        double gain = GainEstimate.Between(before, round);
        double error = _gain.ErrorBetween(before, round);
        return Math.Abs(gain - WorthGrowing) < ClearErrors * error
            || (IsFirstStep(before) && gain < WorthGrowing && Math.Abs(gain - _options.MinimumGain) < SurelyErrors * error);
    }

    private bool IsFirstStep(in RoundFigures before) => before.LogLevel <= Math.Log(_options.Initial);

    // The smaller the step, the closer to the gain that is asked for in the end.
    private double WorthGrowing => _options.MinimumGain + ((HalfGain - _options.MinimumGain) * Math.Log2(_factor));

    private double NotWorthKeeping => _options.MinimumGain * Math.Log2(_factor);

    private void AfterSlowStart(RoundFigures? before, in RoundFigures round)
    {
        if (before is { } figures && GainEstimate.Between(figures, round) is double gain && gain < WorthGrowing)
        {
            if (gain < NotWorthKeeping)
            {
                EndSlowStart(Knee(figures, round));
                return;
            }

            _factor = Math.Sqrt(_factor);
            if (_factor < LeastFactor)
            {
                EndSlowStart(_level);
                return;
            }
        }

        if (_level >= Cap)
        {
            EndSlowStart(_level);
            return;
        }

        Begin(Phase.SlowStart, Math.Max(_level + 1, _level * _factor));
    }

    private void EndSlowStart(double home)
    {
        // Below what it was begun with everything may be otherwise.
        _gain.Fade(home < _options.Initial ? 0 : KeptBySlowStart);
        GoHome(home);
    }

    /// <summary>Where a target that is saturated at a level was just full, given the level below; Little's law again.</summary>
    private double Knee(in RoundFigures before, in RoundFigures round)
    {
        double lower = Math.Exp(before.LogLevel);
        double gain = GainEstimate.Between(before, round);

        // What it was begun with was too much already, and nothing is known of what lies below.
        if (IsFirstStep(before) && gain + (SurelyErrors * _gain.ErrorBetween(before, round)) < _options.MinimumGain)
        {
            return lower / FirstFactor;
        }

        double full = _level * Math.Exp(before.LogLatency - round.LogLatency);
        return full > KneeAbove * lower ? Math.Min(_level, full * AboveKnee) : lower;
    }

    private void AfterProbe()
    {
        _home = _level;
        _ceiling = _level >= _range.Max ? NoCeiling : _level;
        if (_level >= _range.Max || IsTooHigh)
        {
            AfterHome();
            return;
        }

        _step = Math.Min(2 * _step, Math.Max(1, _level / 2));
        Begin(Phase.Probe, _level + _step);
    }

    private void AfterTest()
    {
        if (!IsTooHigh)
        {
            GoHome(_home);
            return;
        }

        // Nothing was gained above: what was the test is home, and the next test follows at once.
        _gain.Fade(KeptByFall);
        _home = _level;
        Test(TestLevel);
    }

    private void AfterHome()
    {
        if (_isShaken)
        {
            _isShaken = false;
            Test(ShakenTestLevel);
            return;
        }

        _homeRounds++;
        bool isTooHigh = IsTooHigh;
        bool isWorthMore = _gain.IsAbove(_options.MinimumGain, ErrorsUp);
        bool isProbablyWorthMore = _gain.Mean > _options.MinimumGain;
        bool isAtCap = _home >= Cap;

        // Up to a known ceiling growth was good before, so it needs no new proof.
        if (!isTooHigh && !isAtCap && (isWorthMore || (_ceiling != NoCeiling && isProbablyWorthMore)))
        {
            Grow(_ceiling == NoCeiling ? SearchGrowth : _options.Growth);
        }
        else if (!isTooHigh && !isAtCap && isProbablyWorthMore && _homeRounds == 1)
        {
            // Not sure, and between two tests it costs little to be wrong by a small step.
            Grow(_options.Growth);
        }
        else if (isAtCap && isProbablyWorthMore && _ceiling < _range.Max && (_isCeilingDoubtful || _sinceProbe / _noise.Patience >= _options.ProbeAfter))
        {
            _step = 1;
            Begin(Phase.Probe, _home + _step);
        }
        else if (_home - 1 >= _range.Min && (isTooHigh || _homeRounds >= RoundsBefore(isAtCap && isProbablyWorthMore)))
        {
            Test(TestLevel);
        }
        else
        {
            Stay();
        }
    }

    private int RoundsBefore(bool isNothingElseToLearn) =>
        !isNothingElseToLearn ? RoundsBetweenTests : _noise.IsKnown ? RoundsBetweenTestsInNoise : RoundsBetweenTestsAtCap;

    private bool IsTooHigh => _gain.IsBelow(_options.MinimumGain, _home >= Cap ? ErrorsDownAtCap : ErrorsDown);

    private void Grow(double growth)
    {
        if (_home > NearCeiling * _ceiling)
        {
            growth = GrowthNearCeiling;
        }

        if (growth >= SearchGrowth)
        {
            _gain.Fade(KeptByGrowth);
        }

        _home = Math.Min(Cap, _home + Math.Max(1, growth * _home));
        Begin(Phase.Home, _home);
    }

    private void Test(double share)
    {
        _homeRounds = 0;
        Begin(Phase.Test, Math.Min(_home * share, _home - 1));
    }

    private void GoHome(double home)
    {
        _home = Math.Clamp(home, _range.Min, _range.Max);
        _homeRounds = 0;
        Begin(Phase.Home, _home);
    }
}
