using AiLib.Dataflow.Admission;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Dispatch;
using AiLib.Dataflow.Recovery;
using AiLib.Dataflow.Threading;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace AiLib.Dataflow.Tests.Specs;

/// <summary>The real places where a ticket can be, moved by the steps of the model. The pipeline that moves them itself is driven by the simulation.</summary>
internal sealed class FlowPiecesUnderTest : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Clock _clock;
    private readonly AdmissionDoor<object>[] _doors = [new(2, () => new object()), new(1, () => new object())];
    private readonly LaneInbox<object>[] _inboxes = [new(FlowModel.Slots), new(FlowModel.Slots)];
    private readonly Backpressure[] _limiters = [new(FlowModel.LimitOf(0)), new(FlowModel.LimitOf(1))];
    private readonly RetryQueue<object> _retries;
    private readonly List<object> _released = [];
    private readonly object?[] _tickets = new object?[FlowModel.Slots];

    public FlowPiecesUnderTest()
    {
        _clock = new Clock(_time);
        _retries = new RetryQueue<object>(_clock, _released.Add);
    }

    public void Dispose() => _retries.Dispose();

    /// <summary>Makes one step and says how the pieces differ from the model; nothing when they do not.</summary>
    public string? Apply(Transition<FlowModel> step)
    {
        for (int slot = 0; slot < FlowModel.Slots; slot++)
        {
            TicketModel from = step.Before[slot];
            TicketModel to = step.After[slot];
            if (from.Spot != to.Spot && !(Leave(slot, from) && Enter(slot, to)))
            {
                return $"slot {slot} could not move from {from.Spot} to {to.Spot}";
            }
        }

        if (step is { Action: "Stop" })
        {
            Array.ForEach(_doors, door => door.Close());
        }

        return Difference(step.After);
    }

    private bool Leave(int slot, TicketModel from)
    {
        switch (from.Spot)
        {
            case Spot.Free:
                return _doors[FlowModel.HomeOf(slot)].TryEnter(out _tickets[slot]);
            case Spot.Ready:
                return TakeFrom(_inboxes[from.Lane], _tickets[slot]!);
            case Spot.InFlight:
                _limiters[from.Lane].Leave(PermitEnd.Ignored);
                return true;
            case Spot.Delayed:
                // Its time comes: every other one that waits keeps its own, far away.
                object ticket = _tickets[slot]!;
                if (!_retries.TryRemove(ticket, out _))
                {
                    return false;
                }

                _retries.Add(ticket, _clock.Now);
                _time.Advance(TimeSpan.FromMilliseconds(1));
                return _released.Remove(ticket);
            default:
                return true;
        }
    }

    private bool Enter(int slot, TicketModel to)
    {
        object ticket = _tickets[slot]!;
        switch (to.Spot)
        {
            case Spot.Free:
                _doors[FlowModel.HomeOf(slot)].Leave(ticket);
                _tickets[slot] = null;
                return true;
            case Spot.Ready:
                _inboxes[to.Lane].Put(ticket, begun: to.Attempts > 0 || to.HasVisited(1 - to.Lane));
                return true;
            case Spot.InFlight:
                return _limiters[to.Lane].TryEnter();
            case Spot.Delayed:
                _retries.Add(ticket, _clock.After(_clock.Now, TimeSpan.FromHours(10)));
                return true;
            default:
                return true;
        }
    }

    // The model says which one; the inbox has its own order, so the others go once around.
    private static bool TakeFrom(LaneInbox<object> inbox, object ticket)
    {
        bool found = false;
        inbox.Sweep(other =>
        {
            bool isIt = ReferenceEquals(other, ticket);
            found |= isIt;
            return isIt;
        });
        return found;
    }

    private string? Difference(FlowModel expected)
    {
        for (int lane = 0; lane < 2; lane++)
        {
            if (_limiters[lane].InFlight != expected.Permits(lane))
            {
                return $"{_limiters[lane].InFlight} permits at {lane}, expected {expected.Permits(lane)}";
            }

            int ready = 0;
            _inboxes[lane].Sweep(_ =>
            {
                ready++;
                return false;
            });
            if (ready != expected.Count(ticket => ticket.Spot == Spot.Ready && ticket.Lane == lane))
            {
                return $"{ready} ready at {lane}";
            }
        }

        int delayed = expected.Count(static ticket => ticket.Spot == Spot.Delayed);
        return _retries.Count == delayed ? null : $"{_retries.Count} delayed, expected {delayed}";
    }
}
