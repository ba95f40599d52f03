using System.Numerics;

namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>A rate in exact units.</summary>
/// <param name="Flow">What flows in with each unit of time.</param>
/// <param name="Burst">How many credits fit.</param>
internal sealed record ModelRate(BigInteger Flow, long Burst);

/// <summary>One bucket as it is described: what flows in, what is taken, what comes back. Slow, simple and exact.</summary>
internal sealed class ModelBucket
{
    private readonly string _name;
    private readonly BigInteger _credit;
    private readonly WindowLog _inForce;
    private ModelRate _rate;
    private ModelRate? _configured;
    private WindowLog _asConfigured;
    private BigInteger _level;

    /// <summary>A full bucket.</summary>
    public ModelBucket(string name, BigInteger credit, ModelRate rate, ModelRate? configured)
    {
        _credit = credit;
        _rate = rate;
        _configured = configured;
        _inForce = new WindowLog(name);
        _asConfigured = AsConfigured(name);
        _name = name;
        _level = Capacity;
    }

    /// <summary>How many credits fit.</summary>
    public long Burst => _rate.Burst;

    /// <summary>Whole credits that are there.</summary>
    public BigInteger Available => _level <= 0 ? 0 : _level / _credit;

    private BigInteger Capacity => _rate.Burst * _credit;

    /// <summary>Time passes.</summary>
    public void Flow(long units)
    {
        _level = BigInteger.Min(Capacity, _level + (units * _rate.Flow));
        _inForce.Bring(units * _rate.Flow);
        _asConfigured.Bring(units * (_configured?.Flow ?? 0));
    }

    /// <summary>How long until so many credits are there.</summary>
    public BigInteger WaitFor(long credits)
    {
        BigInteger missing = (credits * _credit) - _level;
        return missing <= 0 ? 0 : (missing + _rate.Flow - 1) / _rate.Flow;
    }

    /// <summary>The wait in whole units, rounded towards zero; negative when there are more.</summary>
    public BigInteger Distance(long credits) => ((credits * _credit) - _level) / _rate.Flow;

    /// <summary>How long the wait can be at most, because a debt is never more than one burst.</summary>
    public BigInteger MostWaitFor(long credits) => ((credits * _credit) + Capacity + _rate.Flow - 1) / _rate.Flow;

    /// <summary>Credits are taken, which are there.</summary>
    public void Take(long credits)
    {
        _level -= credits * _credit;
        _inForce.Take(credits * _credit, Capacity);
        if (_configured is { } configured)
        {
            _asConfigured.Take(credits * _credit, configured.Burst * _credit);
        }
    }

    /// <summary>Credits come back, or more are charged; neither by more than a burst.</summary>
    public void Give(long credits)
    {
        long bounded = Math.Clamp(credits, -Burst, Burst);
        _level = BigInteger.Max(-Capacity, BigInteger.Min(Capacity, _level + (bounded * _credit)));
        if (credits > 0)
        {
            _inForce.Give(credits * _credit);
            _asConfigured.Give(credits * _credit);
        }
    }

    /// <summary>No more is left than this, and never less than a debt of one burst.</summary>
    public void LowerTo(BigInteger level) => _level = BigInteger.Min(_level, BigInteger.Max(level, -Capacity));

    /// <summary>How long one credit takes to flow in.</summary>
    public BigInteger TimeOfOne => (_credit + _rate.Flow - 1) / _rate.Flow;

    /// <summary>What comes is later by so much time, unless more than that is owed, and one credit is there no sooner than that.</summary>
    public void LowerBy(BigInteger units) => LowerTo((_level < 0 ? _credit : BigInteger.Min(_level, _credit)) - (units * _rate.Flow));

    /// <summary>Whether a debt can be so large that one credit is there only after so much time.</summary>
    public bool CanOwe(BigInteger units) => Level(1, -units) >= -Capacity;

    /// <summary>What so many credits are, with what has flowed in since.</summary>
    public BigInteger Level(BigInteger credits, BigInteger units) => (credits * _credit) + (units * _rate.Flow);

    /// <summary>Another rate, with the credits that are there, as far as they fit; less than the new rate brings in one unit of time may be lost.</summary>
    public void Change(ModelRate rate, ModelRate? configured)
    {
        if (configured is null || _configured is null)
        {
            // What was taken without a configured limit is not held against one.
            _asConfigured = AsConfigured(_name);
        }

        _rate = rate;
        _configured = configured;
        BigInteger grain = BigInteger.GreatestCommonDivisor(rate.Flow, _credit);
        BigInteger rest = BigInteger.Remainder(_level, grain);
        _level -= rest < 0 ? rest + grain : rest;
        _level = BigInteger.Max(-Capacity, BigInteger.Min(Capacity, _level));
    }

    private static WindowLog AsConfigured(string name) => new(name + ", as configured");
}
