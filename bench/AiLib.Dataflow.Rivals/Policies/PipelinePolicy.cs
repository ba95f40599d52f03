namespace AiLib.Dataflow.Rivals.Policies;

/// <summary>The pipeline as it is measured: one target, every stage on, limits that are kept but never bind.</summary>
internal static class PipelinePolicy
{
    /// <summary>How many slots a target has by default. The other rivals' buffers are of the same size.</summary>
    public static int SlotsFor(int inFlight) => Math.Max(64, 8 * inFlight);

    /// <summary>Builds it.</summary>
    /// <param name="provider">Answers.</param>
    /// <param name="inFlight">The most requests in flight.</param>
    /// <param name="slots">The slots. Default: as many as the target has by default.</param>
    public static RequestPipeline<int, int> Build(IProvider provider, int inFlight, int? slots = null) => RequestPipeline.CreateBuilder<int, int>()
        .AddPreflightCheck(static (request, _) => request >= 0 ? null : new Refusal("request", "it is negative."))
        .UseCost(static _ => 1)
        .AddTarget("provider", provider, target =>
        {
            target.Backpressure.MaxInflight = inFlight;
            target.Slots = slots ?? SlotsFor(inFlight);

            // The largest limits there are. The first one can bind after ten million requests: HasCreditsFor says when.
            target.RateLimiter.RequestsPerSecond = 1_000_000;
            target.RateLimiter.BurstSize = 10_000_000;
            target.RateLimiter.TokensPerMinute = 100_000_000_000;
        })
        .Build();

    /// <summary>Whether so many requests pass the rate gate without waiting for credits.</summary>
    public static bool HasCreditsFor(this RequestPipeline<int, int> pipeline, int requests) =>
        pipeline.Signals.Snapshot().RateRemaining >= requests;
}
