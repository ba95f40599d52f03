using AiLib.Dataflow.Dispatch;

namespace AiLib.Dataflow.Tests.Dispatch;

public sealed class LaneInboxTests
{
    private static LaneInbox<string> Filled(int begun, int fresh)
    {
        LaneInbox<string> inbox = new(begun + fresh);
        for (int n = 0; n < begun; n++)
        {
            inbox.Put($"begun {n}", begun: true);
        }

        for (int n = 0; n < fresh; n++)
        {
            inbox.Put($"new {n}", begun: false);
        }

        return inbox;
    }

    private static List<string> TakeAll(LaneInbox<string> inbox)
    {
        List<string> order = [];
        while (inbox.TryTake(out string? thing, out _))
        {
            order.Add(thing!);
        }

        return order;
    }

    [Fact]
    public void Begun_work_goes_first_and_each_kind_in_its_order() =>
        Assert.Equal(["begun 0", "begun 1", "new 0", "new 1"], TakeAll(Filled(begun: 2, fresh: 2)));

    [Fact]
    public void After_sixteen_begun_ones_a_new_one_has_its_turn()
    {
        List<string> order = TakeAll(Filled(begun: 40, fresh: 2));

        Assert.Equal(16, order.IndexOf("new 0"));
        Assert.Equal(33, order.IndexOf("new 1"));
    }

    [Fact]
    public void A_new_one_keeps_its_turn_when_it_is_put_back()
    {
        LaneInbox<string> inbox = Filled(begun: 200, fresh: 1);
        List<string> started = [];

        // A rate-limited lane: of each two takes one starts and the next is held up.
        while (started.Count < 100)
        {
            Assert.True(inbox.TryTake(out string? thing, out _));
            started.Add(thing!);
            if (inbox.TryTake(out string? heldUp, out bool begun))
            {
                inbox.PutBack(heldUp!, begun);
            }
        }

        Assert.InRange(started.IndexOf("new 0"), 0, 17);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_put_back_is_the_next_of_its_kind(bool begun)
    {
        LaneInbox<string> inbox = begun ? Filled(begun: 3, fresh: 0) : Filled(begun: 0, fresh: 3);
        Assert.True(inbox.TryTake(out string? first, out bool wasBegun));

        inbox.PutBack(first!, wasBegun);

        Assert.Equal(begun, wasBegun);
        Assert.Equal(3, TakeAll(inbox).Count);
    }

    [Fact]
    public void A_sweep_takes_out_what_is_dropped_and_keeps_the_order_of_the_rest()
    {
        LaneInbox<string> inbox = Filled(begun: 4, fresh: 4);
        Assert.True(inbox.TryTake(out string? held, out bool begun));
        inbox.PutBack(held!, begun);
        List<string> dropped = [];

        inbox.Sweep(thing =>
        {
            bool drop = thing.EndsWith('0') || thing.EndsWith('2');
            if (drop)
            {
                dropped.Add(thing);
            }

            return drop;
        });

        Assert.Equal(["begun 0", "begun 2", "new 0", "new 2"], dropped);
        Assert.Equal(["begun 1", "begun 3", "new 1", "new 3"], TakeAll(inbox));
    }

    [Fact]
    public void An_empty_inbox_gives_nothing()
    {
        LaneInbox<string> inbox = new(1);

        Assert.False(inbox.TryTake(out string? nothing, out _));
        Assert.Null(nothing);
    }
}
