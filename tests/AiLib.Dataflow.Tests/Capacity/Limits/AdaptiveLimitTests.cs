using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Capacity.Limits;

namespace AiLib.Dataflow.Tests.Capacity.Limits;

public sealed class AdaptiveLimitTests
{
    private static AttemptSample Sample(double began, double ended, int inFlight, PermitEnd outcome) =>
        new(TimeSpan.FromSeconds(began), TimeSpan.FromSeconds(ended), inFlight, outcome);

    private static AdaptiveLimit Create(int initial) => new(new AdaptiveLimitOptions { Initial = initial });

    [Fact]
    public void It_begins_as_told()
    {
        Assert.Equal(20, new AdaptiveLimit().Current);
        Assert.Equal(7, Create(7).Current);
    }

    [Fact]
    public void A_burst_of_forty_rejections_is_one_cut_as_deep_as_the_burst()
    {
        AdaptiveLimit limit = Create(100);

        for (int n = 0; n < 40; n++)
        {
            limit.Observe(Sample(began: 0, ended: 1 + (n * 0.001), inFlight: 100 - n, PermitEnd.Dropped));
        }

        Assert.Equal(60, limit.Current);
    }

    [Fact]
    public void A_burst_that_begins_and_ends_at_one_instant_is_one_cut()
    {
        AdaptiveLimit limit = Create(100);

        for (int n = 0; n < 40; n++)
        {
            limit.Observe(Sample(began: 1, ended: 1, inFlight: 100, PermitEnd.Dropped));
        }

        Assert.Equal(60, limit.Current);
    }

    [Fact]
    public void Rejections_that_were_under_way_when_the_limit_was_cut_come_late_without_another_cut()
    {
        // The target said "retry after 30 s": nothing is sent meanwhile, and what was sent before comes back in its own time.
        AdaptiveLimit limit = Create(100);
        limit.Observe(Sample(began: 0, ended: 1, inFlight: 100, PermitEnd.Dropped));

        for (int n = 0; n < 40; n++)
        {
            limit.Observe(Sample(began: 0.5, ended: 2 + n, inFlight: 100, PermitEnd.Dropped));
        }

        Assert.Equal(59, limit.Current);
    }

    [Fact]
    public void A_rejection_of_what_began_after_the_cut_is_another_cut()
    {
        AdaptiveLimit limit = Create(100);
        limit.Observe(Sample(began: 0, ended: 1, inFlight: 100, PermitEnd.Dropped));

        limit.Observe(Sample(began: 1.5, ended: 2, inFlight: 80, PermitEnd.Dropped));

        Assert.Equal(64, limit.Current);
    }

    [Theory]
    [InlineData(1, 80)]
    [InlineData(20, 80)]
    [InlineData(70, 30)]
    [InlineData(100, 12)]
    public void A_cut_leaves_what_was_not_rejected_but_never_less_than_an_eighth(int rejected, int left)
    {
        AdaptiveLimit limit = Create(100);

        for (int n = 0; n < rejected; n++)
        {
            limit.Observe(Sample(began: 0, ended: 1, inFlight: n + 1, PermitEnd.Dropped));
        }

        Assert.Equal(left, limit.Current);
    }

    [Fact]
    public void What_was_cut_beyond_the_burst_comes_back_when_the_burst_is_over()
    {
        AdaptiveLimit limit = Create(100);
        for (int n = 0; n < 15; n++)
        {
            limit.Observe(Sample(began: 0, ended: 1, inFlight: 100, PermitEnd.Dropped));
        }

        // One turn of the level that was cut, then one more for each answer; 85 were taken.
        for (int n = 0; n < 105; n++)
        {
            limit.Observe(Sample(began: 0.5, ended: 1.5, inFlight: 85, PermitEnd.Succeeded));
        }

        Assert.Equal(85, limit.Current);
    }

    [Fact]
    public void A_rejection_of_an_earlier_level_does_not_deepen_the_cut()
    {
        AdaptiveLimit limit = Create(100);
        limit.Observe(Sample(began: 0, ended: 1, inFlight: 100, PermitEnd.Dropped));
        limit.Observe(Sample(began: 1.5, ended: 2, inFlight: 80, PermitEnd.Dropped));
        Assert.Equal(64, limit.Current);

        for (int n = 0; n < 40; n++)
        {
            limit.Observe(Sample(began: 0.5, ended: 3, inFlight: 100, PermitEnd.Dropped));
        }

        Assert.Equal(64, limit.Current);
    }

    [Fact]
    public void A_slow_start_goes_on_after_one_rejection()
    {
        AdaptiveLimit limit = Create(20);
        limit.Observe(Sample(began: 0, ended: 1, inFlight: 20, PermitEnd.Dropped));
        Assert.Equal(16, limit.Current);

        LimitSimulation.Run(limit, new SimulatedTarget(), seed: 1, seconds: 60);

        Assert.Equal(1_000, limit.Current);
    }

    [Fact]
    public void What_is_ignored_changes_nothing()
    {
        AdaptiveLimit limit = new();

        for (int n = 0; n < 1_000; n++)
        {
            limit.Observe(Sample(n, n + 1, inFlight: 20, PermitEnd.Ignored));
        }

        Assert.Equal(20, limit.Current);
    }

    [Fact]
    public void A_limit_that_is_used_to_a_tenth_does_not_grow()
    {
        AdaptiveLimit limit = Create(100);

        SimulationResult run = LimitSimulation.Run(limit, SimulatedTarget.Rejecting(1_000), seed: 1, demand: 10);

        Assert.Equal(100, run.MostLimit(0, 660));
        Assert.Equal(100, limit.Current);
    }

    [Theory]
    [InlineData(79, false)]
    [InlineData(80, true)]
    public void Growth_needs_four_fifths_of_the_limit_in_use(int demand, bool grows)
    {
        AdaptiveLimit limit = Create(100);

        LimitSimulation.Run(limit, SimulatedTarget.Rejecting(1_000), seed: 1, seconds: 30, demand);

        Assert.Equal(grows, limit.Current > 100);
    }

    [Fact]
    public void Slow_start_doubles_until_the_end_when_nothing_speaks_against_it()
    {
        SimulationResult run = LimitSimulation.Run(new AdaptiveLimit(), new SimulatedTarget(), seed: 1, seconds: 60);

        Assert.Equal(1_000, run.Limits[30]);
        Assert.Equal(1_000, run.Limits[59]);
    }

    [Fact]
    public void The_options_are_copied()
    {
        AdaptiveLimitOptions options = new() { Max = 40 };
        AdaptiveLimit limit = new(options);
        options.Max = 1_000;

        LimitSimulation.Run(limit, new SimulatedTarget(), seed: 1, seconds: 60);

        Assert.Equal(40, limit.Current);
    }

    [Theory]
    [InlineData(30)]
    [InlineData(200)]
    public void A_lower_maximum_holds_at_once_and_from_then_on(int after)
    {
        AdaptiveLimit limit = new();
        LimitSimulation.Run(limit, new SimulatedTarget(), seed: 1, seconds: after);

        limit.Max = 15;

        Assert.Equal((15, 15), (limit.Current, limit.Max));
        SimulationResult later = LimitSimulation.Run(limit, new SimulatedTarget(), seed: 2, seconds: 120);
        Assert.Equal(15, later.MostLimit(0, 120));
    }

    [Fact]
    public void A_higher_maximum_is_tried_where_the_old_one_was_all_that_held_the_limit()
    {
        AdaptiveLimit limit = new(new AdaptiveLimitOptions { Max = 40 });
        LimitSimulation.Run(limit, new SimulatedTarget(), seed: 1, seconds: 60);
        Assert.Equal(40, limit.Current);

        limit.Max = 400;
        SimulationResult later = LimitSimulation.Run(limit, new SimulatedTarget(), seed: 2, seconds: 60);

        Assert.Equal(400, limit.Current);
        Assert.True(later.Limits[20] >= 320, $"{later.Limits[20]}");
    }

    [Fact]
    public void A_higher_maximum_does_not_flood_a_target_that_rejects()
    {
        RaisedLimit limit = new(new AdaptiveLimit(new AdaptiveLimitOptions { Max = 100 }), after: TimeSpan.FromSeconds(120), max: 400);

        SimulationResult run = LimitSimulation.Run(limit, SimulatedTarget.Rejecting(50), seed: 1, seconds: 240);

        Assert.Equal(400, limit.Max);
        Assert.InRange(run.MostLimit(121, 240), 48, 52);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(1_000_001)]
    public void A_maximum_that_no_limit_can_have_is_refused(int max)
    {
        AdaptiveLimit limit = new(new AdaptiveLimitOptions { Min = 5 });

        Assert.Throws<ArgumentOutOfRangeException>(() => limit.Max = max);
        Assert.Equal(1_000, limit.Max);
    }

    /// <summary>A limit whose maximum is raised at a time.</summary>
    private sealed class RaisedLimit(AdaptiveLimit limit, TimeSpan after, int max) : IConcurrencyLimit
    {
        public int Current => limit.Current;

        public int Max => limit.Max;

        public void Observe(in AttemptSample sample)
        {
            limit.Observe(sample);
            if (sample.Ended >= after && limit.Max != max)
            {
                limit.Max = max;
            }
        }
    }
}
