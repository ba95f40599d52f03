using System.Runtime.CompilerServices;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow;

public sealed partial class RequestPipeline<TRequest, TResponse>
{
    /// <summary>What a lane takes and starts without its inbox: an attempt of a new ticket, or a hedge.</summary>
    private sealed partial class Lane
    {
        /// <summary>Whether a hedge could start here now, as far as one can see without taking anything: nobody waits, and there is room.</summary>
        public bool CouldHedge(in RequestCost<TRequest> wanted, long now) => Volatile.Read(ref _backlog) == 0 && CouldStart(wanted, now);

        /// <summary>Takes permit, circuit and credits for a ticket, if nobody waits for them and all can be had now; else nothing.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool TryTakeAtOnce(Ticket<TRequest, TResponse> ticket, long now, ThisThread thread) =>
            Volatile.Read(ref _backlog) == 0 && _breaker.IsClosed && Volatile.Read(ref _cooledUntil) <= now && ticket.DeadlineAt > now
            && (Pool is null || !IsParked) && Take(ticket, now, thread, out _) == CapacityCheck.Passed;

        /// <summary>Gives back what was taken for an attempt that is not made.</summary>
        public void GiveBack(Ticket<TRequest, TResponse> ticket)
        {
            _capacity.GiveBack(ticket.Pass);
            Pool?.Shared?.Refund(ticket.SharedCredits);
            OnPermitReturned();
        }

        /// <summary>Starts the attempt of a hedge that has taken what it needs. On a thread that is not its caller's: what flows with him is brought there.</summary>
        public void StartHedge(Ticket<TRequest, TResponse> ticket, long now, ThisThread thread) => StartAttempt(ticket, TicketPlace.Ready, now, thread);
    }
}
