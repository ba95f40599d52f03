using AiLib.Dataflow.Simulator.Desk;
using AiLib.Dataflow.Simulator.Dialects;
using AiLib.Dataflow.Simulator.Timing;
using Microsoft.AspNetCore.Http;

namespace AiLib.Dataflow.Simulator.Serving;

/// <summary>One request that was let in, and what is needed to finish it.</summary>
/// <param name="Context">The HTTP exchange.</param>
/// <param name="Route">Its path.</param>
/// <param name="Answer">Its answer, if it gets one.</param>
/// <param name="Options">The options in force when it arrived.</param>
/// <param name="Ruling">The front desk's decision.</param>
/// <param name="RequestId">The provider's id of this arrival.</param>
/// <param name="Stay">Its place in the server.</param>
/// <param name="Wait">Waits on the server's clock.</param>
/// <param name="Latency">When its tokens are due.</param>
internal sealed record class Visit(
    HttpContext Context,
    Route Route,
    Answer Answer,
    SimulatorOptions Options,
    Ruling Ruling,
    string RequestId,
    Stay Stay,
    Pause Wait,
    LatencyModel Latency)
{
    /// <summary>Adds the id and what is left of the limits.</summary>
    public void AddHeaders(DateTimeOffset now)
    {
        IHeaderDictionary headers = Context.Response.Headers;
        headers[Route.Dialect.RequestIdHeader] = RequestId;
        Route.Dialect.AddQuota(headers, Ruling.Quota, now);
    }
}
