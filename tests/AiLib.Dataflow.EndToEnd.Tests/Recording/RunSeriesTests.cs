using AiLib.Dataflow.Cli.Recording;

namespace AiLib.Dataflow.EndToEnd.Tests.Recording;

public sealed class RunSeriesTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(480)]
    [InlineData(481)]
    [InlineData(5_000)]
    [InlineData(1_000_000)]
    public void However_long_it_runs_it_stays_small_and_every_count_is_in_exactly_one_point(int samples)
    {
        RunSeries series = new(Step);
        series.Add(default);
        for (int index = 1; index <= samples; index++)
        {
            series.Add(new RunSample { Time = Step * index, Answered = 3L * index, Stages = new StageSeconds(0, 0.25 * index, 0, 0), LimitSeconds = 2.5 * index });
        }

        IReadOnlyList<RunPoint> points = series.ToPoints();

        Assert.InRange(series.Samples.Count, Math.Min(samples + 1, RunSeries.DefaultCapacity / 2), RunSeries.DefaultCapacity);
        Assert.Equal(3L * samples, points.Sum(point => point.Answered));
        Assert.Equal((Step * samples).TotalSeconds, points.Sum(point => point.Seconds), 6);
        Assert.Equal((Step * samples).TotalSeconds, points[^1].End);
        Assert.All(points, point => Assert.Equal((1.0, 10.0), (Math.Round(point.Stages.InFlight, 6), Math.Round(point.Limit, 6))));
    }

    [Fact]
    public void Samples_stand_an_interval_apart_but_for_the_newest()
    {
        RunSeries series = new(Step, capacity: 8);
        for (int index = 0; index < 1_000; index++)
        {
            series.Add(new RunSample { Time = TimeSpan.FromMilliseconds(70 * index) });
            Assert.Equal(TimeSpan.FromMilliseconds(70 * index), series.Samples[^1].Time);
        }

        Assert.All(series.Samples.Zip(series.Samples.Skip(1)).SkipLast(1), pair => Assert.True(pair.Second.Time - pair.First.Time >= series.Interval));
        Assert.Equal(TimeSpan.Zero, series.Samples[0].Time);
    }
}
