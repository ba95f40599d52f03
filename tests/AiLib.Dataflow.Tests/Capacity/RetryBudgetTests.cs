using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Threading;
using CsCheck;

namespace AiLib.Dataflow.Tests.Capacity;

public sealed class RetryBudgetTests
{
    private const long Window = 1_000;

    [Fact]
    public void Without_first_attempts_only_the_reserve_is_there_and_it_comes_back_with_time()
    {
        RetryBudget budget = new(share: 0.1, reserve: 2, Window);

        Assert.Equal([true, true, false], Spend(budget, at: 100, times: 3));
        Assert.Equal([false], Spend(budget, at: 900, times: 1));
        Assert.Equal([true, true, false], Spend(budget, at: 1_200, times: 3));
        Assert.Equal(3, budget.Refused);
    }

    [Fact]
    public void First_attempts_pay_for_their_share_until_they_are_long_past()
    {
        RetryBudget budget = new(share: 0.1, reserve: 0, Window);
        for (int n = 0; n < 39; n++)
        {
            budget.OnFirstAttempt(now: 500, ThisThread.Get());
        }

        Assert.Equal([true, true, true, false], Spend(budget, at: 600, times: 4));
        Assert.Equal([false], Spend(budget, at: 1_700, times: 1));
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public void In_no_window_are_there_more_retries_than_its_share_and_the_reserve() =>
        Gen.Select(Gen.Double[0, 1], Gen.Int[0, 5], Gen.Select(Gen.Bool, Gen.Long[0, 60]).Array[1, 400]).Sample((share, reserve, steps) =>
        {
            RetryBudget budget = new(share, reserve, Window);
            List<long> first = [];
            List<long> retries = [];
            long now = 0;
            foreach ((bool isFirst, long wait) in steps)
            {
                now += wait;
                if (isFirst)
                {
                    budget.OnFirstAttempt(now, ThisThread.Get());
                    first.Add(now);
                }
                else if (budget.TrySpend(now))
                {
                    retries.Add(now);

                    // The window is counted in ten slices, so at this moment it may be up to one shorter than its length, never longer.
                    long begin = now - Window;
                    long surely = ((now / (Window / 10)) - 9) * (Window / 10);
                    int paid = first.Count(at => at > begin);
                    int spent = retries.Count(at => at >= surely);
                    Assert.True(spent <= (share * paid) + reserve, $"{spent} retries, {paid} first attempts, share {share}, reserve {reserve}");
                }
            }
        });

    private static bool[] Spend(RetryBudget budget, long at, int times) => [.. Enumerable.Range(0, times).Select(_ => budget.TrySpend(at))];
}
