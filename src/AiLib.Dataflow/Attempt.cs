using System.Runtime.CompilerServices;
using AiLib.Dataflow.Dispatch;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

/// <summary>The place of one attempt that is under way at one endpoint. Serves its ticket again for the next attempt, so that an attempt allocates nothing.</summary>
/// <remarks>
/// <para>What is this: what an <c>async</c> method would keep in a new object for each attempt, kept in one that is used again. An endpoint that returns at
/// once needs no place. One that ignores cancellation may outlive the ticket's use: then the ticket leaves this object to that endpoint for ever, and takes
/// a new one.</para>
/// <para>Threading: owned by the thread that runs the attempt, then by the one on which the endpoint ends.</para>
/// </remarks>
internal sealed class Attempt<TRequest, TResponse> : IThreadPoolWorkItem
{
    // Set once in the constructor.
    private readonly Ticket<TRequest, TResponse> _ticket;
    private readonly Action _onReturned;

    // Set while it is under way.
    private AttemptCall<TRequest, TResponse> _call;
    private bool _isUnderWay;
    private ConfiguredValueTaskAwaitable<Outcome<TResponse>>.ConfiguredValueTaskAwaiter _awaiter;

    /// <summary>Creates a place where nothing is under way.</summary>
    /// <param name="ticket">Whose attempts are made here.</param>
    public Attempt(Ticket<TRequest, TResponse> ticket)
    {
        _ticket = ticket;
        _onReturned = OnReturned;
    }

    /// <summary>Makes an attempt on this thread, up to the endpoint's first real wait.</summary>
    /// <param name="call">The attempt.</param>
    /// <param name="isCallers">Whether this is the caller's own thread, so that what flows with him is here already.</param>
    /// <returns>Whether the endpoint has returned.</returns>
    public bool Run(in AttemptCall<TRequest, TResponse> call, bool isCallers) => Run(call, isCallers, isOutermost: false);

    /// <summary>Makes an attempt on the thread pool.</summary>
    public void Queue(in AttemptCall<TRequest, TResponse> call)
    {
        Keep(call);
        PoolWork.Queue(this);
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute() => Run(LetGo(), isCallers: false, isOutermost: true);

    private bool Run(in AttemptCall<TRequest, TResponse> call, bool isCallers, bool isOutermost)
    {
        Outcome<TResponse> outcome;
        bool isKept = false;

        // What flows with the caller flows into the endpoint, and nothing of it, or of the endpoint's own, stays behind on this thread.
        ExecutionContext? inside = call.Context;
        ExecutionContext? before = isCallers ? inside : ExecutionContext.Capture();
        bool flows = inside is not null && before is not null;
        try
        {
            if (flows && inside != before)
            {
                ExecutionContext.Restore(inside!);
            }

            ValueTask<Outcome<TResponse>> returned = call.Dispatcher.Call(call.Request, call.Number, call.Cancellation);
            if (flows)
            {
                GoBackTo(before!);
            }

            if (!returned.IsCompleted)
            {
                Await(call, returned, ref isKept);
                return false;
            }

            outcome = returned.GetAwaiter().GetResult();
            call.Dispatcher.Check(ref outcome);
        }
        catch (Exception error)
        {
            if (flows)
            {
                GoBackTo(before!);
            }

            if (isKept)
            {
                // What the endpoint returned cannot be awaited, and may call back all the same: this object is left to it for ever.
                _ticket.Leave(this);
            }

            // Foreign code: whatever it throws becomes a value, or the ticket would be lost with it.
            outcome = call.Dispatcher.ToOutcome(error, call.Cancellation);
        }

        call.Dispatcher.Owner.OnReturned(_ticket, call, outcome, isOutermost);
        return true;
    }

    private static void GoBackTo(ExecutionContext before)
    {
        // Usually there already, and then there is nothing to do.
        if (ExecutionContext.Capture() != before)
        {
            ExecutionContext.Restore(before);
        }
    }

    // Not inlined: what it needs for its own would be cleared for every attempt, and most of those that are measured in nanoseconds do not come here.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Await(in AttemptCall<TRequest, TResponse> call, in ValueTask<Outcome<TResponse>> returned, ref bool isKept)
    {
        Keep(call);
        isKept = true;
        _awaiter = returned.ConfigureAwait(Continuations.KeepContext).GetAwaiter();

        // The last touch: the endpoint may end on another thread before this returns.
        _awaiter.UnsafeOnCompleted(_onReturned);
    }

    private void OnReturned()
    {
        ConfiguredValueTaskAwaitable<Outcome<TResponse>>.ConfiguredValueTaskAwaiter awaiter = _awaiter;
        _awaiter = default;
        AttemptCall<TRequest, TResponse> call = LetGo();
        Outcome<TResponse> outcome;
        try
        {
            outcome = awaiter.GetResult();
            call.Dispatcher.Check(ref outcome);
        }
        catch (Exception error)
        {
            // Foreign code, as above.
            outcome = call.Dispatcher.ToOutcome(error, call.Cancellation);
        }

        call.Dispatcher.Owner.OnReturned(_ticket, call, outcome, isOutermost: true);
    }

    private void Keep(in AttemptCall<TRequest, TResponse> call)
    {
        if (_isUnderWay)
        {
            // Two attempts in one object would answer one request with the other's outcome.
            Environment.FailFast("AiLib.Dataflow: an attempt that is under way was used for another.");
        }

        _isUnderWay = true;
        _call = call;
    }

    private AttemptCall<TRequest, TResponse> LetGo()
    {
        AttemptCall<TRequest, TResponse> call = _call;
        _call = default;
        _isUnderWay = false;
        return call;
    }
}

/// <summary>One attempt: what is called with what, and for which use of the ticket.</summary>
/// <remarks>
/// A copy of what the endpoint works on, taken before the attempt began: an endpoint that ignores cancellation may outlive the ticket's use.
/// </remarks>
/// <param name="Dispatcher">The target's.</param>
/// <param name="Version">The use of the ticket.</param>
/// <param name="Number">The attempt's number over all targets, from 1.</param>
/// <param name="Request">The request.</param>
/// <param name="Context">What flows with its caller.</param>
/// <param name="Cancellation">Cancelled when its time is up or the request is given up.</param>
internal readonly record struct AttemptCall<TRequest, TResponse>(
    Dispatcher<TRequest, TResponse> Dispatcher,
    long Version,
    int Number,
    TRequest Request,
    ExecutionContext? Context,
    CancellationToken Cancellation);

/// <summary>Who is told that an endpoint has returned.</summary>
internal interface IAttemptOwner<TRequest, TResponse>
{
    /// <summary>The endpoint has returned, perhaps long after the pipeline went on without it.</summary>
    /// <param name="ticket">Whose attempt it was.</param>
    /// <param name="call">The attempt.</param>
    /// <param name="outcome">What it produced.</param>
    /// <param name="isOutermost">Whether nothing of the pipeline's is left to do on this thread, so that a caller may go on here.</param>
    void OnReturned(Ticket<TRequest, TResponse> ticket, in AttemptCall<TRequest, TResponse> call, in Outcome<TResponse> outcome, bool isOutermost);
}
