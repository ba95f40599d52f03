using AiLib.Dataflow.Settlement;
using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class TicketStateTests
{
    [Fact]
    public void Who_gives_up_an_earlier_use_of_a_ticket_leaves_the_next_one_alone()
    {
        Ticket<int, int> ticket = new(home: 0, new Counter());
        ResultStream<int, int> owner = new(null!, ordered: false);
        Entry<int, int> entry = new() { Owner = owner, DeadlineAt = long.MaxValue };
        ticket.Begin(entry, lane: 0, context: null);
        long first = ticket.Version;
        ticket.Move(TicketPlace.Free, TicketPlace.Settling);
        ticket.End();
        ticket.Begin(entry, lane: 0, context: null);
        ticket.Move(TicketPlace.Free, TicketPlace.Ready);

        Assert.False(ticket.TryGiveUp(first, GiveUpReason.Caller, now: 0, out _));
        Assert.Equal(GiveUpReason.None, ticket.GivenUp);
        Assert.True(ticket.TryGiveUp(ticket.Version, GiveUpReason.Caller, now: 0, out _));
    }

    [Fact]
    public void A_new_ticket_is_free_and_knows_nothing()
    {
        TicketState state = TicketState.New;

        Assert.Equal((TicketPlace.Free, GiveUpReason.None, 0, 1L, false), (state.Place, state.GivenUp, state.Attempt, state.Version, state.IsCancelled));
    }

    [Fact]
    public void Each_part_of_the_word_keeps_to_itself()
    {
        foreach (TicketPlace place in Enum.GetValues<TicketPlace>())
        {
            foreach (GiveUpReason reason in Enum.GetValues<GiveUpReason>())
            {
                TicketState state = new TicketState((1L << 62) | TicketState.New.Word).Begin(0xABCD).GiveUp(reason).Cancel().At(place);

                Assert.Equal(
                    (place, reason, 0xABCD, (1L << 40) + 1, true), (state.Place, state.GivenUp, state.Attempt, state.Version, state.IsCancelled));
            }
        }
    }

    [Fact]
    public void A_new_attempt_is_not_cancelled_and_the_next_use_has_none()
    {
        TicketState cancelled = TicketState.New.Begin(1).Cancel().At(TicketPlace.Deciding);

        Assert.False(cancelled.Begin(2).IsCancelled);
        Assert.Equal(TicketState.New.Word + (1L << 22), cancelled.GiveUp(GiveUpReason.Caller).Next().Word);
    }

    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(1, 2, false)]
    [InlineData(65_535, 65_535, true)]
    [InlineData(65_536, 65_536, true)]
    [InlineData(65_537, 1, true)] // Only the lower half is kept: the numbers of one ticket's attempts that are so far apart cannot meet.
    [InlineData(65_537, 2, false)]
    public void An_attempt_is_known_by_its_number(int begun, int asked, bool isIt)
    {
        TicketState state = TicketState.New.Begin(begun);

        Assert.Equal(isIt, state.IsAttempting(version: 1, asked));
        Assert.False(state.IsAttempting(version: 2, asked));
        Assert.False(state.At(TicketPlace.Deciding).IsAttempting(version: 1, asked));
    }
}
