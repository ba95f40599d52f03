using System.Net;
using System.Net.Sockets;

namespace AiLib.Dataflow.Tests;

public sealed class OutcomeClassifierTests
{
    public static TheoryData<string, Exception, OutcomeKind> Exceptions => new()
    {
        { "A time-out is one.", new TimeoutException(), OutcomeKind.TimedOut },
        { "A token that is not ours is a client's own time-out.", new TaskCanceledException(), OutcomeKind.TimedOut },
        { "A refused connection is a failure of the way.", new HttpRequestException("refused"), OutcomeKind.Failed },
        { "A reset is a failure of the way.", new IOException(), OutcomeKind.Failed },
        { "A socket error is a failure of the way.", new SocketException(), OutcomeKind.Failed },
        { "A status decides where there is one.", new HttpRequestException("", null, HttpStatusCode.TooManyRequests), OutcomeKind.Throttled },
        { "A bug is nobody's fault but ours, and final.", new InvalidCastException(), OutcomeKind.Rejected },
        { "An error of parsing is final.", new FormatException(), OutcomeKind.Rejected },
        { "What is wrapped is unknown.", new AggregateException(new TimeoutException()), OutcomeKind.Rejected },
    };

    [Theory]
    [MemberData(nameof(Exceptions))]
    public void An_exception_means(string sentence, Exception exception, OutcomeKind expected) =>
        Assert.True(expected == OutcomeClassifier.Default.Classify(exception), sentence);

    [Theory]
    [InlineData(200, OutcomeKind.Answered)]
    [InlineData(299, OutcomeKind.Answered)]
    [InlineData(100, OutcomeKind.Rejected)]
    [InlineData(301, OutcomeKind.Rejected)]
    [InlineData(400, OutcomeKind.Rejected)]
    [InlineData(401, OutcomeKind.Exhausted)]
    [InlineData(402, OutcomeKind.Exhausted)]
    [InlineData(403, OutcomeKind.Rejected)]
    [InlineData(404, OutcomeKind.Rejected)]
    [InlineData(408, OutcomeKind.TimedOut)]
    [InlineData(409, OutcomeKind.Conflicted)]
    [InlineData(413, OutcomeKind.Rejected)]
    [InlineData(422, OutcomeKind.Rejected)]
    [InlineData(429, OutcomeKind.Throttled)]
    [InlineData(499, OutcomeKind.Cancelled)]
    [InlineData(500, OutcomeKind.Failed)]
    [InlineData(502, OutcomeKind.Failed)]
    [InlineData(503, OutcomeKind.Overloaded)]
    [InlineData(504, OutcomeKind.TimedOut)]
    [InlineData(529, OutcomeKind.Overloaded)]
    [InlineData(599, OutcomeKind.Failed)]
    [InlineData(600, OutcomeKind.Rejected)]
    [InlineData(-1, OutcomeKind.Rejected)]
    public void A_status_means(int status, OutcomeKind expected) => Assert.Equal(expected, OutcomeClassifier.ClassifyStatus(status));

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(413)]
    [InlineData(422)]
    [InlineData(429)]
    [Trait("Fault", "P11")]
    public void A_callers_error_and_a_full_quota_say_nothing_about_the_targets_health(int status) =>
        Assert.Equal(TargetHealth.Unknown, OutcomeClassifier.ClassifyStatus(status).Health());
}
