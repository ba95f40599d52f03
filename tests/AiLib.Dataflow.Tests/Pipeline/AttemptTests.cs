using System.Threading.Tasks.Sources;

namespace AiLib.Dataflow.Tests.Pipeline;

/// <summary>What an endpoint can do wrong without harming anybody but its own request.</summary>
public sealed class AttemptTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task An_endpoint_whose_result_cannot_be_awaited_costs_its_request_and_no_other(bool inline, bool completes)
    {
        Unawaitable broken = new(completes);
        RequestPipelineBuilder<string, string> builder = RequestPipeline.CreateBuilder<string, string>().UseEnvironment(static _ => null);
        builder.AddTarget("a", new BrokenAtFirst(broken), options =>
        {
            options.Slots = 1;
            options.Backpressure.MaxInflight = 1;
            options.DispatchInline = inline;
        });
        await using RequestPipeline<string, string> pipeline = builder.Build();

        // Both use the one ticket that there is, and with it what it keeps for its attempts.
        RequestFailedException failed = await Assert.ThrowsAsync<RequestFailedException>(() => pipeline.SendAsync("first").AsTask().WithinPatienceAsync("the failure"));
        string second = await pipeline.SendAsync("second").AsTask().WithinPatienceAsync("the second answer");

        // What was registered before it threw may still be called.
        broken.Continue();
        string third = await pipeline.SendAsync("third").AsTask().WithinPatienceAsync("the third answer");

        Assert.IsType<InvalidOperationException>(failed.InnerException);
        Assert.Equal(("second", "third"), (second, third));
        Assert.Equal(0, pipeline.Signals.Snapshot().CurrentInflight);
    }

    private sealed class BrokenAtFirst(Unawaitable broken) : IEndpoint<string, string>
    {
        public ValueTask<Outcome<string>> CallAsync(string request, AttemptContext attempt, CancellationToken cancellationToken) =>
            request == "first" ? new ValueTask<Outcome<string>>(broken, 0) : AnswerLaterAsync(request);

        private static async ValueTask<Outcome<string>> AnswerLaterAsync(string answer)
        {
            await Task.Yield();
            return Outcome<string>.Answered(answer);
        }
    }

    /// <summary>A promise that was broken by being used twice, or by whoever wrote it.</summary>
    private sealed class Unawaitable(bool registers) : IValueTaskSource<Outcome<string>>
    {
        private Action? _continue;

        public void Continue() => _continue?.Invoke();

        public Outcome<string> GetResult(short token) => Outcome<string>.Answered("too late");

        public ValueTaskSourceStatus GetStatus(short token) => ValueTaskSourceStatus.Pending;

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        {
            _continue = registers ? () => continuation(state) : null;
            throw new InvalidOperationException("awaited twice");
        }
    }
}
