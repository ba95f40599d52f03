using AiLib.Dataflow.Capacity;
using CsCheck;

namespace AiLib.Dataflow.Tests.Capacity;

public sealed class HedgeBudgetTests
{
    [Fact]
    public void A_hedge_is_paid_by_the_calls_before_it_to_the_last_one()
    {
        HedgeBudget budget = new(share: 0.05);
        Call(budget, 19);

        Assert.False(budget.TrySpend());
        Call(budget, 1);
        Assert.True(budget.TrySpend());
        Assert.False(budget.TrySpend());
        Assert.Equal(2, budget.Refused);
    }

    [Fact]
    public void Only_a_few_are_saved_up()
    {
        HedgeBudget budget = new(share: 1);
        Call(budget, 1_000);

        Assert.Equal(HedgeBudget.Most, Enumerable.Range(0, 100).Count(_ => budget.TrySpend()));
    }

    [Fact]
    public void What_is_given_back_is_there_again_but_not_beyond_what_can_be_saved_up()
    {
        HedgeBudget budget = new(share: 1);
        Call(budget, HedgeBudget.Most);
        budget.TrySpend();
        budget.GiveBack();
        budget.GiveBack();

        Assert.Equal(HedgeBudget.Most, Enumerable.Range(0, 100).Count(_ => budget.TrySpend()));
    }

    [Fact]
    public void At_no_moment_are_there_more_hedges_than_the_share_of_the_calls() =>
        Gen.Select(Gen.Int[1, 1_000], Gen.Bool.Array[1, 2_000]).Sample((thousandths, steps) =>
        {
            HedgeBudget budget = new(thousandths / 1_000.0);
            long calls = 0;
            long hedges = 0;
            foreach (bool isCall in steps)
            {
                if (isCall)
                {
                    calls++;
                    budget.OnCall();
                }
                else
                {
                    hedges += budget.TrySpend() ? 1 : 0;
                }

                Assert.True(hedges * 1_000 <= thousandths * calls, $"{hedges} hedges for {calls} calls with a share of {thousandths} thousandths");
            }
        });

    private static void Call(HedgeBudget budget, int times)
    {
        for (int n = 0; n < times; n++)
        {
            budget.OnCall();
        }
    }
}
