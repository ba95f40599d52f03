using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Tests.Threading;

public sealed class AlarmTests : IDisposable
{
    private readonly TestTime _time = new();
    private readonly Clock _clock;
    private readonly Alarm _alarm;
    private int _rings;

    public AlarmTests()
    {
        _clock = new Clock(_time);
        _alarm = new Alarm(_clock, () => _rings++);
    }

    public void Dispose() => _alarm.Dispose();

    private void SetFor(double seconds) => _alarm.SetFor(_clock.After(_clock.Now, TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void It_rings_at_the_earliest_of_its_times()
    {
        SetFor(5);
        SetFor(2);
        SetFor(9);

        _time.Advance(1.999);
        Assert.Equal(0, _rings);
        _time.Advance(0.001);

        Assert.Equal(1, _rings);
        Assert.Equal(0, _time.Armed);
    }

    [Fact]
    public void What_is_past_rings_with_the_next_millisecond_and_does_not_spin()
    {
        SetFor(-1);

        Assert.Equal(0, _rings);
        _time.Advance(0.001);
        Assert.Equal(1, _rings);
    }

    [Fact]
    public void A_fraction_of_a_millisecond_is_rounded_up()
    {
        SetFor(0.0101);

        _time.Advance(0.01);
        Assert.Equal(0, _rings);
        _time.Advance(0.001);

        Assert.Equal(1, _rings);
    }

    [Fact]
    public void A_time_in_years_rings_each_day_so_that_its_owner_looks_again()
    {
        SetFor(86_400.0 * 4000);

        _time.Advance(86_400);

        Assert.Equal(1, _rings);
    }

    [Fact]
    public void A_time_that_never_comes_arms_nothing()
    {
        _alarm.SetFor(Clock.Never);

        Assert.Equal(0, _time.Armed);
    }

    [Fact]
    public void It_may_be_set_again_from_its_own_ring()
    {
        int rings = 0;
        Alarm? alarm = null;
        alarm = new Alarm(_clock, () =>
        {
            if (++rings < 5)
            {
                alarm!.SetFor(_clock.After(_clock.Now, TimeSpan.FromSeconds(1)));
            }
        });
        alarm.SetFor(_clock.Now);

        for (int n = 0; n < 10; n++)
        {
            _time.Advance(1);
        }

        Assert.Equal(5, rings);
        alarm.Dispose();
    }

    [Fact]
    public void A_disposed_alarm_does_not_ring()
    {
        SetFor(1);

        _alarm.Dispose();
        SetFor(2);
        _time.Advance(5);

        Assert.Equal((0, 0), (_rings, _time.Timers));
    }
}
