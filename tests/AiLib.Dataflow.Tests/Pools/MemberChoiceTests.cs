using AiLib.Dataflow.Pools;

namespace AiLib.Dataflow.Tests.Pools;

public sealed class MemberChoiceTests
{
    [Fact]
    public void Turns_follow_the_weights_and_do_not_come_in_rows()
    {
        MemberChoice choice = new([5, 3, 2], PoolChoice.Weighted);

        int[] chosen = [.. Enumerable.Range(0, 1_000).Select(_ => choice.Choose([0, 0, 0]))];

        Assert.Equal([500, 300, 200], Enumerable.Range(0, 3).Select(place => chosen.Count(one => one == place)));
        Assert.DoesNotContain(chosen.Zip(chosen.Skip(1), chosen.Skip(2)), row => row.First == row.Second && row.Second == row.Third);
    }

    [Fact]
    public void Who_is_out_saves_no_turns_up()
    {
        MemberChoice choice = new([1, 1], PoolChoice.Weighted);
        for (int turn = 0; turn < 100; turn++)
        {
            Assert.Equal(1, choice.Choose([-1, 0]));
        }

        int[] chosen = [.. Enumerable.Range(0, 20).Select(_ => choice.Choose([0, 0]))];

        Assert.InRange(chosen.Count(one => one == 0), 9, 11);
    }

    [Fact]
    public void The_least_loaded_for_its_weight_is_chosen()
    {
        MemberChoice choice = new([1, 4], PoolChoice.LeastLoaded);

        Assert.Equal(1, choice.Choose([2, 7]));
        Assert.Equal(0, choice.Choose([2, 9]));
        Assert.Equal(0, choice.Choose([100, -1]));
    }

    [Fact]
    public void Equals_take_turns_by_their_weights()
    {
        MemberChoice choice = new([3, 1], PoolChoice.LeastLoaded);

        int[] chosen = [.. Enumerable.Range(0, 400).Select(_ => choice.Choose([0, 0]))];

        Assert.Equal(300, chosen.Count(one => one == 0));
    }

    [Fact]
    public void There_may_be_none() => Assert.Equal(-1, new MemberChoice([1, 1], PoolChoice.LeastLoaded).Choose([-1, -1]));
}
