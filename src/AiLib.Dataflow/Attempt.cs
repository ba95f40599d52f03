using System.Runtime.CompilerServices;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Dispatch;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

/// <summary>One attempt under way at one endpoint. Serves its ticket again for the next attempt, so that an attempt allocates nothing.</summary>
/// <remarks>
/// <para>What is this: what an <c>async</c> method would keep in a new object for each attempt, kept in one that is used again. It has copies of what
/// the endpoint works on, because an endpoint that ignores cancellation may outlive the ticket's use: then the ticket leaves this object to that
/// endpoint for ever, and takes a new one.</para>
/// <para>Threading: filled and ended under the ticket's lock; between the two its fields do not change, whoever reads them.</para>
/// </remarks>
internal sealed class Attempt<TRequest, TResponse> : IThreadPoolWorkItem
{
    private readonly Action _onReturned;

    // Set while it is under way.
    private IAttemptOwner<TRequest, TResponse>? _owner;
    private Dispatcher<TRequest, TResponse>? _dispatcher;
    private ExecutionContext? _context;
    private CancellationToken _cancellation;
    private TRequest _request = default!;

    // Owned by the thread that runs the attempt, then by the one on which the endpoint ends.
    private ConfiguredValueTaskAwaitable<Outcome<TResponse>>.ConfiguredValueTaskAwaiter _awaiter;

    /// <summary>Creates an attempt that is not under way.</summary>
    public Attempt(Ticket<TRequest, TResponse> ticket)
    {
        Ticket = ticket;
        _onReturned = OnReturned;
    }

    /// <summary>Whose attempt it is.</summary>
    public Ticket<TRequest, TResponse> Ticket { get; }

    /// <summary>The use of the ticket.</summary>
    public long Version { get; private set; }

    /// <summary>The attempt's number over all targets, from 1; 0 when it is not under way.</summary>
    public int Number { get; private set; }

    /// <summary>The timestamp at which it began.</summary>
    public long StartedAt { get; private set; }

    /// <summary>The permit, the credits and the breaker's pass that it holds.</summary>
    public CapacityPass Pass { get; private set; }

    /// <summary>Makes this the given attempt.</summary>
    public void Fill(in AttemptStart<TRequest, TResponse> start, long version, int number, TRequest request, ExecutionContext? context, CancellationToken cancellation)
    {
        if (Number != 0)
        {
            // Two attempts in one object would answer one request with the other's outcome.
            Environment.FailFast("AiLib.Dataflow: an attempt that is under way was used for another.");
        }

        _owner = start.Owner;
        _dispatcher = start.Dispatcher;
        _context = context;
        _cancellation = cancellation;
        _request = request;
        Version = version;
        Number = number;
        StartedAt = start.StartedAt;
        Pass = start.Pass;
    }

    /// <summary>Ends the use of this object. Only for whoever ended the attempt, and only once the endpoint has returned.</summary>
    public void Clear()
    {
        _owner = null;
        _dispatcher = null;
        _context = null;
        _cancellation = default;
        _request = default!;
        Number = 0;
    }

    /// <summary>Makes the attempt on this thread, up to the endpoint's first real wait.</summary>
    /// <param name="isCallers">Whether this is the caller's own thread, so that what flows with him is here already.</param>
    /// <returns>Whether the endpoint has returned.</returns>
    public bool Run(bool isCallers) => Run(isCallers, isOutermost: false);

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute() => Run(isCallers: false, isOutermost: true);

    private bool Run(bool isCallers, bool isOutermost)
    {
        Outcome<TResponse> outcome;
        try
        {
            ValueTask<Outcome<TResponse>> call = CallInContext(isCallers);
            if (!call.IsCompleted)
            {
                _awaiter = call.ConfigureAwait(Continuations.KeepContext).GetAwaiter();

                // The last touch: the endpoint may end on another thread before this returns.
                _awaiter.UnsafeOnCompleted(_onReturned);
                return false;
            }

            outcome = _dispatcher!.Check(call.GetAwaiter().GetResult());
        }
        catch (Exception error)
        {
            // Foreign code: whatever it throws becomes a value, or the ticket would be lost with it.
            outcome = _dispatcher!.ToOutcome(error, _cancellation);
        }

        _owner!.OnReturned(this, outcome, isOutermost);
        return true;
    }

    /// <summary>Calls the endpoint with what flows with the caller, and leaves nothing of it, or of the endpoint's own, behind on this thread.</summary>
    private ValueTask<Outcome<TResponse>> CallInContext(bool isCallers)
    {
        ExecutionContext? inside = _context;
        ExecutionContext? before = isCallers ? inside : ExecutionContext.Capture();
        if (inside is null || before is null)
        {
            // Suppressed here or there: nothing flows.
            return _dispatcher!.Call(_request, Number, _cancellation);
        }

        // Usually the caller's own thread, where there is nothing to restore before and nothing after.
        if (inside != before)
        {
            ExecutionContext.Restore(inside);
        }

        try
        {
            return _dispatcher!.Call(_request, Number, _cancellation);
        }
        finally
        {
            if (ExecutionContext.Capture() != before)
            {
                ExecutionContext.Restore(before);
            }
        }
    }

    private void OnReturned()
    {
        Outcome<TResponse> outcome;
        try
        {
            outcome = _dispatcher!.Check(_awaiter.GetResult());
        }
        catch (Exception error)
        {
            // Foreign code, as above.
            outcome = _dispatcher!.ToOutcome(error, _cancellation);
        }

        _awaiter = default;
        _owner!.OnReturned(this, outcome, isOutermost: true);
    }
}

/// <summary>What a lane gives an attempt on its way.</summary>
/// <param name="Owner">Who is told its end.</param>
/// <param name="Dispatcher">The target's.</param>
/// <param name="StartedAt">The timestamp at which it begins.</param>
/// <param name="EndsAt">The timestamp at which its time is up.</param>
/// <param name="Pass">What it holds.</param>
internal readonly record struct AttemptStart<TRequest, TResponse>(
    IAttemptOwner<TRequest, TResponse> Owner, Dispatcher<TRequest, TResponse> Dispatcher, long StartedAt, long EndsAt, CapacityPass Pass);

/// <summary>What the end of an attempt leaves behind.</summary>
/// <param name="StartedAt">The timestamp at which it began.</param>
/// <param name="EndsAt">The timestamp at which its time was up.</param>
/// <param name="Pass">What it holds.</param>
/// <param name="GivenUp">Whether its request was given up meanwhile.</param>
internal readonly record struct AttemptEnd(long StartedAt, long EndsAt, CapacityPass Pass, GiveUpReason GivenUp);

/// <summary>Who is told that an endpoint has returned.</summary>
internal interface IAttemptOwner<TRequest, TResponse>
{
    /// <summary>The endpoint has returned, perhaps long after the pipeline went on without it.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="outcome">What it produced.</param>
    /// <param name="isOutermost">Whether nothing of the pipeline's is left to do on this thread, so that a caller may go on here.</param>
    void OnReturned(Attempt<TRequest, TResponse> attempt, in Outcome<TResponse> outcome, bool isOutermost);
}
