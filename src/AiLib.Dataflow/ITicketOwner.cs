using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

/// <summary>Who is told the answer to a request: a call or a stream.</summary>
internal interface ITicketOwner<TRequest, TResponse>
{
    /// <summary>Tells one use of an owner that serves many requests in turn from the next.</summary>
    long Version { get; }

    /// <summary>Tells the caller at once that the request was given up, if it waits for that request. The ticket follows later.</summary>
    void OnGivenUp(long version, in Answer<TResponse> answer);

    /// <summary>Takes the settled ticket, with its slot, and says so to the pipeline. Called once for each ticket, and the last that is done with it.</summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="thread">This thread.</param>
    /// <param name="isOutermost">Whether nothing of the pipeline's is left to do on this thread, so that the caller may go on here.</param>
    void Settle(Ticket<TRequest, TResponse> ticket, ThisThread thread, bool isOutermost);
}
