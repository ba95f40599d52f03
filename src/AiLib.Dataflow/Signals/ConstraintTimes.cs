namespace AiLib.Dataflow.Signals;

/// <summary>For how long each constraint was the one that bound, since the pipeline was built or between two snapshots. A value; the shares sum to one.</summary>
public readonly record struct ConstraintTimes
{
    /// <summary>How many constraints there are.</summary>
    internal const int Count = (int)Constraint.Unavailable + 1;

    private readonly TimeSpan[]? _times;

    /// <summary>Times that were kept elsewhere.</summary>
    /// <param name="timeOf">Tells the time of each constraint; called once for each. Below zero is zero.</param>
    public ConstraintTimes(Func<Constraint, TimeSpan> timeOf)
    {
        ArgumentNullException.ThrowIfNull(timeOf);
        _times = new TimeSpan[Count];
        for (Constraint next = Constraint.None; next <= Constraint.Unavailable; next++)
        {
            TimeSpan time = timeOf(next);
            _times[(int)next] = time > TimeSpan.Zero ? time : TimeSpan.Zero;
        }
    }

    internal ConstraintTimes(TimeSpan[] times) => _times = times;

    /// <summary>The time in which this was the constraint.</summary>
    public TimeSpan this[Constraint constraint] => _times is null ? TimeSpan.Zero : _times[(int)constraint];

    /// <summary>All of it.</summary>
    public TimeSpan Total => _times?.Aggregate(TimeSpan.Zero, static (sum, time) => sum + time) ?? TimeSpan.Zero;

    /// <summary>What bound for the longest; <see cref="Constraint.None"/> when nothing did, or when no time has passed.</summary>
    public Constraint Binding
    {
        get
        {
            Constraint longest = Constraint.None;
            for (Constraint next = Constraint.None; next <= Constraint.Unavailable; next++)
            {
                longest = this[next] > this[longest] ? next : longest;
            }

            return longest;
        }
    }

    /// <summary>The share of the time in which this was the constraint, from 0 to 1. When no time has passed, nothing has bound for all of it.</summary>
    public double Share(Constraint constraint)
    {
        TimeSpan total = Total;
        return total > TimeSpan.Zero ? this[constraint] / total : constraint == Constraint.None ? 1 : 0;
    }

    /// <summary>The times between an earlier reading of the same target and this one.</summary>
    /// <param name="earlier">The earlier reading; <c>default</c> for the start.</param>
    public ConstraintTimes Since(ConstraintTimes earlier)
    {
        TimeSpan[] times = new TimeSpan[Count];
        for (Constraint next = Constraint.None; next <= Constraint.Unavailable; next++)
        {
            times[(int)next] = this[next] > earlier[next] ? this[next] - earlier[next] : TimeSpan.Zero;
        }

        return new ConstraintTimes(times);
    }

    /// <summary>The times of two spans of time together.</summary>
    /// <param name="other">Those of the other span, of the same target or pipeline.</param>
    public ConstraintTimes Plus(ConstraintTimes other)
    {
        TimeSpan[] times = new TimeSpan[Count];
        for (Constraint next = Constraint.None; next <= Constraint.Unavailable; next++)
        {
            times[(int)next] = this[next] + other[next];
        }

        return new ConstraintTimes(times);
    }

    /// <summary>Whether the times are the same.</summary>
    public bool Equals(ConstraintTimes other)
    {
        for (Constraint next = Constraint.None; next <= Constraint.Unavailable; next++)
        {
            if (this[next] != other[next])
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Total, this[Binding]);

    /// <summary>What bound a pipeline as a whole, from what bound its targets in the same time.</summary>
    /// <remarks>
    /// Exact for one target. With several only the sums are known and not which times fell together, so they are taken as independent. A target that only lacks requests binds
    /// nothing while another is at its limit, and one that cannot be called binds nothing while another can.
    /// </remarks>
    internal static ConstraintTimes Of(IReadOnlyCollection<ConstraintTimes> targets)
    {
        TimeSpan total = targets.Max(static target => target.Total);
        double[] sums = new double[Count];
        double free = 1;
        double input = 0;
        foreach (ConstraintTimes target in targets)
        {
            double limited = 0;
            for (Constraint next = Constraint.RequestCredits; next <= Constraint.Consumer; next++)
            {
                sums[(int)next] += target.Share(next);
                limited += target.Share(next);
            }

            free *= Math.Max(0, 1 - limited);
            double idle = target.Share(Constraint.Input) + target.Share(Constraint.None);
            input = Math.Max(input, idle > 0 ? target.Share(Constraint.Input) / idle : 0);
        }

        double all = sums.Sum();
        TimeSpan[] times = new TimeSpan[Count];
        TimeSpan left = total;
        for (Constraint next = Constraint.RequestCredits; next <= Constraint.Consumer && all > 0; next++)
        {
            Give(next, total * ((1 - free) * sums[(int)next] / all));
        }

        Give(Constraint.Unavailable, total * targets.Min(static target => target.Share(Constraint.Unavailable)));
        Give(Constraint.Input, left * input);
        times[(int)Constraint.None] = left;
        return new ConstraintTimes(times);

        void Give(Constraint constraint, TimeSpan time)
        {
            times[(int)constraint] = time < left ? time : left;
            left -= times[(int)constraint];
        }
    }
}
