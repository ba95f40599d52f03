namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>
/// Additive increase, multiplicative decrease: grows a little with every round trip in which it is used, and is cut once for each burst of rejections.
/// Knows rejections only; for most targets <see cref="AdaptiveLimit"/> is better.
/// </summary>
/// <remarks>Not thread-safe. It forgets where it was cut, so it swings between the cut and the capacity and loses about a tenth of it.</remarks>
public sealed class AimdLimit : IConcurrencyLimit
{
    private readonly LimitRange _range;
    private readonly double _cutRatio;
    private readonly double _growth;

    private double _limit;
    private BurstGuard _burst;

    /// <summary>Creates the limit.</summary>
    /// <param name="options">How it moves.</param>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public AimdLimit(AimdLimitOptions? options = null)
    {
        options ??= new AimdLimitOptions();
        SettingsCheck check = new();
        options.Check(check);
        check.ThrowIfAny();
        _range = options.Range;
        _cutRatio = options.CutRatio;
        _growth = options.Growth;
        _limit = options.Initial;
    }

    /// <inheritdoc/>
    public int Current => _range.Clamp(_limit);

    /// <inheritdoc/>
    public void Observe(in AttemptSample sample)
    {
        switch (sample.Outcome)
        {
            case PermitEnd.Dropped when _burst.IsNews(sample):
                _burst.Cut(sample);
                _limit = _range.Clamp(Current * _cutRatio);
                break;

            // A round trip brings as many answers as the limit is high; each adds its part of the step.
            case PermitEnd.Succeeded when sample.Uses(Current):
                _limit = Math.Min(_range.Max, _limit + (Math.Max(1, _growth * _limit) / _limit));
                break;
        }
    }
}
