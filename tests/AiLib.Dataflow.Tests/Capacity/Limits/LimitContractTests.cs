using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Capacity.Limits;
using CsCheck;

namespace AiLib.Dataflow.Tests.Capacity.Limits;

/// <summary>What holds for every limit, whatever it is told.</summary>
public abstract class LimitContractTests
{
    // Mostly sensible times, some at the very ends, so that differences overflow where they can.
    private static readonly Gen<TimeSpan> Times = Gen.OneOf(
        Gen.Double[0, 100].Select(TimeSpan.FromSeconds),
        Gen.Double[0, 100].Select(TimeSpan.FromSeconds),
        Gen.Double[-10, 0].Select(TimeSpan.FromSeconds),
        Gen.Const(TimeSpan.Zero), Gen.Const(TimeSpan.MinValue), Gen.Const(TimeSpan.MaxValue));

    private static readonly Gen<int> InFlights = Gen.OneOf(Gen.Int[0, 300], Gen.Int[0, 300], Gen.Const(int.MinValue), Gen.Const(-1), Gen.Const(int.MaxValue));

    // An outcome that is no member comes from a caller's cast.
    private static readonly Gen<PermitEnd> Outcomes = Gen.Frequency(
        (20, Gen.Const(PermitEnd.Succeeded)), (3, Gen.Const(PermitEnd.Dropped)), (1, Gen.Const(PermitEnd.Ignored)), (1, Gen.Const((PermitEnd)17)));

    private static readonly Gen<AttemptSample> Anything = Gen.Select(Times, Times, InFlights, Outcomes, (began, ended, inFlight, outcome) =>
        new AttemptSample(began, ended, inFlight, outcome));

    private static readonly Gen<(int Min, int Initial, int Max)> Ranges =
        Gen.Int[1, 300].Array[3].Select(bounds => bounds.Order().ToArray()).Select(bounds => (bounds[0], bounds[1], bounds[2]));

    protected abstract IConcurrencyLimit Create(int min, int initial, int max);

    [Fact]
    public void It_stays_in_its_range_and_never_throws_whatever_it_is_told() =>
        Gen.Select(Ranges, Anything.Array[0, 2_000]).Sample((range, samples) =>
        {
            IConcurrencyLimit limit = Create(range.Min, range.Initial, range.Max);
            foreach (AttemptSample sample in samples)
            {
                limit.Observe(sample);
                Assert.InRange(limit.Current, range.Min, range.Max);
            }
        }, iter: 300);

    [Fact]
    public void It_stays_in_its_range_when_all_of_it_is_used_all_the_time() =>
        Gen.Select(Ranges, Times.Array[1, 50], Outcomes.Array[1, 20_000]).Sample((range, times, outcomes) =>
        {
            IConcurrencyLimit limit = Create(range.Min, range.Initial, range.Max);
            for (int n = 0; n < outcomes.Length; n++)
            {
                limit.Observe(new AttemptSample(times[n % times.Length], times[(n * 7) % times.Length], limit.Current, outcomes[n]));
                Assert.InRange(limit.Current, range.Min, range.Max);
            }
        }, iter: 100);

    [Fact]
    public void The_same_samples_give_the_same_limit() =>
        Anything.Array[0, 500].Sample(samples =>
        {
            IConcurrencyLimit one = Create(1, 20, 1_000);
            IConcurrencyLimit other = Create(1, 20, 1_000);
            foreach (AttemptSample sample in samples)
            {
                one.Observe(sample);
                other.Observe(sample);
            }

            Assert.Equal(one.Current, other.Current);
        }, iter: 100);
}

/// <summary>The contract for <see cref="FixedLimit"/>.</summary>
public sealed class FixedLimitContractTests : LimitContractTests
{
    protected override IConcurrencyLimit Create(int min, int initial, int max) => new FixedLimit(initial);
}

/// <summary>The contract for <see cref="AimdLimit"/>.</summary>
public sealed class AimdLimitContractTests : LimitContractTests
{
    protected override IConcurrencyLimit Create(int min, int initial, int max) =>
        new AimdLimit(new AimdLimitOptions { Min = min, Initial = initial, Max = max });
}

/// <summary>The contract for <see cref="GradientLimit"/>.</summary>
public sealed class GradientLimitContractTests : LimitContractTests
{
    protected override IConcurrencyLimit Create(int min, int initial, int max) =>
        new GradientLimit(new GradientLimitOptions { Min = min, Initial = initial, Max = max });
}

/// <summary>The contract for <see cref="AdaptiveLimit"/>.</summary>
public sealed class AdaptiveLimitContractTests : LimitContractTests
{
    protected override IConcurrencyLimit Create(int min, int initial, int max) =>
        new AdaptiveLimit(new AdaptiveLimitOptions { Min = min, Initial = initial, Max = max, ProbeAfter = 10 });
}
