using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Cli.Recording;

namespace AiLib.Dataflow.EndToEnd.Tests.Recording;

public sealed class RunRecorderTests
{
    [Fact]
    public void Where_the_requests_are_adds_up_to_where_the_time_went()
    {
        RunRecorder recorder = new();
        for (int second = 1; second <= 10; second++)
        {
            recorder.Observe(
                TimeSpan.FromSeconds(second),
                new BatchJobCounts { Answered = 5 * second, Failed = second, BadLines = 1, InputTokens = 70 * second, OutputTokens = 30 * second, Spend = new BatchSpend(0.25m * second, 3, 0, 0) },
                Samples.Moment(attempts: 8 * second, inFlight: 4, limit: 6, waiting: 2, delayed: 3, constraints: Samples.Bound(second, 0.5, 0.3, 0.2)));
        }

        Assert.Equal(new StageSeconds(20, 40, 30, 0), recorder.Last.Stages);
        Assert.Equal(10, recorder.Points.Count);
        Assert.Equal((50, 11, 80), (recorder.Points.Sum(point => point.Answered), recorder.Points.Sum(point => point.Failed), recorder.Points.Sum(point => point.Attempts)));
        Assert.Equal(2.5, recorder.Points.Sum(point => point.CostUsd));
        Assert.Equal((700, 300), (recorder.Points.Sum(point => point.InputTokens), recorder.Points.Sum(point => point.OutputTokens)));
        Assert.All(recorder.Points, point => Assert.Equal((6.0, 4.0), (point.Limit, point.Stages.InFlight)));
        Assert.All(recorder.Points, point => Assert.Null(point.P50));
        Assert.Equal(Samples.Bound(10, 0.5, 0.3, 0.2), recorder.Last.Constraints);
        Assert.All(recorder.Points, point => Assert.Equal(Samples.Bound(1, 0.5, 0.3, 0.2), point.Constraints));
    }
}
