using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow.Tests.Capacity;

/// <summary>What refusals do at a target whose limits nobody knows.</summary>
public sealed class RateLimiterHoldTests
{
    private static readonly TimeSpan Told = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Look = Told / 10;

    private readonly TestTime _time = new();
    private readonly RateLimiter _limiter;

    public RateLimiterHoldTests() => _limiter = new RateLimiter(timeProvider: _time);

    private bool Passes => _limiter.TryReserve(0, out _, out _);

    private void Refuse(int times, TimeSpan? wait = null)
    {
        for (int n = 0; n < times; n++)
        {
            _limiter.OnRefused(_time.GetTimestamp(), 0, wait ?? Told, _time.GetTimestamp());
        }
    }

    [Fact]
    public void Five_refusals_in_a_row_hold_everybody_as_long_as_was_told()
    {
        Refuse(4);
        Assert.True(Passes);

        Refuse(1);

        Assert.False(_limiter.TryReserve(0, out _, out TimeSpan retryAfter));
        Assert.Equal((Told, Told), (retryAfter, _limiter.TimeUntil()));
        _time.Advance(Told - TimeSpan.FromTicks(1));
        Assert.False(Passes);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(Passes);
    }

    [Fact]
    public void An_answer_between_refusals_ends_the_row()
    {
        for (int round = 0; round < 10; round++)
        {
            Refuse(4);
            Assert.True(_limiter.IsInDoubt);
            _limiter.OnServed(_time.GetTimestamp());
            Assert.False(_limiter.IsInDoubt);
            Assert.True(Passes);
        }
    }

    [Fact]
    public void After_a_hold_one_at_a_time_goes_and_looks_until_one_is_answered()
    {
        Refuse(5);
        _time.Advance(Told);
        long began = _time.GetTimestamp();
        Assert.Equal((true, false), (Passes, Passes));
        Assert.Equal(Look, _limiter.TimeUntil());
        _time.Advance(Look);
        Assert.Equal((true, false), (Passes, Passes));

        _limiter.OnServed(began);

        Assert.Equal((true, true), (Passes, Passes));
        Assert.Equal(TimeSpan.Zero, _limiter.TimeUntil());
    }

    [Fact]
    public void A_look_that_is_refused_holds_everybody_again_and_the_other_looks_under_way_do_not()
    {
        Refuse(5);
        _time.Advance(Told);
        long first = _time.GetTimestamp();
        Assert.True(Passes);
        _time.Advance(Look);
        long second = _time.GetTimestamp();
        Assert.True(Passes);
        _time.Advance(Look / 2);

        _limiter.OnRefused(first, 0, Told, _time.GetTimestamp());
        Assert.Equal(Told, _limiter.TimeUntil());
        _time.Advance(Look);
        _limiter.OnRefused(second, 0, Told, _time.GetTimestamp());

        Assert.Equal(Told - Look, _limiter.TimeUntil());
    }

    [Fact]
    public void What_was_under_way_when_the_hold_began_neither_ends_it_nor_makes_it_longer()
    {
        long before = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromMilliseconds(50));
        Refuse(5);
        _time.Advance(TimeSpan.FromMilliseconds(50));

        Refuse(3);
        _limiter.OnServed(before);

        Assert.Equal(Told - TimeSpan.FromMilliseconds(50), _limiter.TimeUntil());
    }

    [Fact]
    public void A_year_is_not_waited_for()
    {
        Refuse(5, TimeSpan.FromDays(365));

        Assert.Equal(TimeSpan.FromSeconds(120), _limiter.TimeUntil());
    }

    [Fact]
    public void Where_a_limit_is_known_nobody_is_held_but_by_it()
    {
        RateLimiter limited = new(new RateLimiterOptions { RequestsPerSecond = 10, BurstSize = 10 }, _time);
        for (int n = 0; n < 10; n++)
        {
            limited.OnRefused(_time.GetTimestamp(), 0, TimeSpan.FromMinutes(1), _time.GetTimestamp());
        }

        Assert.False(limited.IsInDoubt);
        Assert.InRange(limited.TimeUntil(), TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(2));
    }
}
