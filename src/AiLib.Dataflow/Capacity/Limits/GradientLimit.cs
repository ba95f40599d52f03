namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>
/// Compares the latency of the last round trip with its long-term value: shrinks when it has become much longer, else makes room for a small queue.
/// After the idea of Netflix's Gradient2. For most targets <see cref="AdaptiveLimit"/> is better.
/// </summary>
/// <remarks>
/// Not thread-safe. Its weakness is the idea's: a queue that grows slowly becomes the long-term value, so at a target that is always full the limit
/// creeps upwards; and work that takes longer for its own reasons looks like load.
/// </remarks>
public sealed class GradientLimit : IConcurrencyLimit
{
    // Fewer answers than this are no mean.
    private const int LeastAnswers = 10;

    private readonly LimitRange _range;
    private readonly GradientLimitOptions _options;

    private double _limit;
    private BurstGuard _burst;

    // The latencies of this round trip, as logarithms, so that one slow answer does not look like a slow target.
    private double _sum;
    private int _answers;

    // The long-term mean of the logarithm, once there is one.
    private double? _long;

    /// <summary>Creates the limit.</summary>
    /// <param name="options">How it moves; copied.</param>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public GradientLimit(GradientLimitOptions? options = null)
    {
        _options = options is null ? new GradientLimitOptions() : options with { };
        SettingsCheck check = new();
        _options.Check(check);
        check.ThrowIfAny();
        _range = _options.Range;
        _limit = _options.Initial;
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
                _limit = _range.Clamp(Current * _options.CutRatio);
                Forget();
                break;

            case PermitEnd.Succeeded when sample.Uses(Current):
                _sum += sample.LogLatency;
                if (++_answers >= Math.Max(LeastAnswers, Current))
                {
                    Move(_sum / _answers);
                    Forget();
                }

                break;
        }
    }

    private void Move(double latency)
    {
        double longTerm = _long ?? latency;
        _long = longTerm + ((latency - longTerm) / _options.LongWindow);

        // At most halved at once, never raised by the ratio itself: growth is the room for a queue of the square root, as in Gradient2's predecessor.
        double gradient = Math.Clamp(_options.Tolerance * Math.Exp(longTerm - latency), 0.5, 1);
        double target = (_limit * gradient) + Math.Sqrt(_limit);
        _limit = Math.Clamp(_limit + (_options.Smoothing * (target - _limit)), _range.Min, _range.Max);
    }

    private void Forget() => (_sum, _answers) = (0, 0);
}
