using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Admission;

/// <summary>The one place to wait: a request that enters is handed one of a fixed number of tickets, and keeps it until its answer was taken.</summary>
/// <typeparam name="TTicket">A ticket.</typeparam>
/// <remarks>
/// <para>Each target has a door of its own, so a target that stands still closes only its own.</para>
/// <para>Thread-safe; first come, first served.</para>
/// </remarks>
/// <param name="slots">How many tickets there can be.</param>
/// <param name="create">Makes one when it is needed for the first time.</param>
internal sealed class AdmissionDoor<TTicket>(int slots, Func<TTicket> create)
    where TTicket : class
{
    private readonly WaitablePool<TTicket> _tickets = new(slots, create);

    /// <summary>How many requests can be inside at once.</summary>
    public int Slots => _tickets.Capacity;

    /// <summary>How many wait outside.</summary>
    public int Waiting => _tickets.Waiting;

    /// <summary>Enters if there is a free slot and nobody waits for it.</summary>
    public bool TryEnter(out TTicket? ticket) => _tickets.TryTake(out ticket);

    /// <summary>Enters, or waits in line.</summary>
    /// <returns>Null when the world has changed: the door closed, or the target became unavailable. Decide again.</returns>
    public ValueTask<TTicket?> EnterAsync(CancellationToken cancellationToken) => _tickets.TakeAsync(cancellationToken);

    /// <summary>Whether somebody waits outside, as far as one can see without asking.</summary>
    public bool HasWaiting => _tickets.HasWaiting;

    /// <summary>Gives the slot back.</summary>
    public void Leave(TTicket ticket) => _tickets.Return(ticket);

    /// <summary>Gives slots back.</summary>
    public void Leave(ReadOnlySpan<TTicket> tickets) => _tickets.Return(tickets);

    /// <summary>Makes those who wait decide again, because the target became unavailable.</summary>
    public void Reconsider() => _tickets.WakeAll();

    /// <summary>Lets nobody in any more.</summary>
    public void Close() => _tickets.Close();
}
