using System.Globalization;
using AiLib.Dataflow.Batch.Spend;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Batch.Tests.Spend;

/// <summary>The ledger of a budget under random schedules: never more than the budget is out, and nobody waits for nothing.</summary>
public sealed class SpendBudgetTests
{
    private static readonly KeyValuePair<string, TokenPrices> Target = KeyValuePair.Create("t", new TokenPrices(1_000_000, 1_000_000));

    // A dollar for a token: what a request may cost is its estimate in tokens.
    private static readonly decimal Most = Requests.Request("r1").TokensBy(CheapTokenEstimator.Instance).Total;

    [Fact]
    public async Task Whatever_the_schedule_spent_and_set_aside_stay_within_the_budget_and_every_wait_ends()
    {
        for (int seed = 0; seed < 2_000; seed++)
        {
            string? problem = await new Schedule(new Random(seed)).RunAsync();
            Assert.True(problem is null, string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {problem}"));
        }
    }

    [Fact]
    public async Task With_many_threads_nothing_is_lost_or_spent_twice()
    {
        SpendBudget budget = new(1_000 * Most, before: 0, [Target], CheapTokenEstimator.Instance);
        decimal spent = 0;
        Lock sync = new();
        List<Task> flights = [];
        int sent = 0;
        while (true)
        {
            BatchRequest request = Requests.Request("r1");
            if (!await budget.ReserveAsync(request, CancellationToken.None))
            {
                break;
            }

            int number = ++sent;
            flights.Add(Task.Run(() =>
            {
                decimal cost = number % 3 == 0 ? 0 : Math.Round(Most / (1 + (number % 7)), 12);
                lock (sync)
                {
                    spent += cost;
                }

                if (cost > 0)
                {
                    budget.Charge(request, cost);
                }

                budget.Release(request);
            }));
        }

        await Task.WhenAll(flights);
        Assert.Equal((1_000 * Most) - spent, budget.Left);
        Assert.InRange(budget.Left, 0, Most);
        Assert.True(sent > 1_500);
    }

    [Fact]
    public async Task A_wait_can_be_called_off()
    {
        SpendBudget budget = new(Most, before: 0, [Target], CheapTokenEstimator.Instance);
        Assert.True(await budget.ReserveAsync(Requests.Request("r1"), CancellationToken.None));
        using CancellationTokenSource stop = new();

        ValueTask<bool> waiting = budget.ReserveAsync(Requests.Request("r2"), stop.Token);
        Assert.False(waiting.IsCompleted);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.AsTask());
    }

    [Fact]
    public async Task The_dearest_target_counts_and_what_was_spent_before_is_gone()
    {
        SpendBudget budget = new(10 * Most, before: 8.5m * Most, [KeyValuePair.Create("cheap", new TokenPrices(1, 1)), Target], CheapTokenEstimator.Instance);
        BatchRequest first = Requests.Request("r1");

        Assert.True(await budget.ReserveAsync(first, CancellationToken.None));
        Assert.Equal(0.5m * Most, budget.Left);
        budget.Release(first);
        budget.Charge(first, Most);
        Assert.False(await budget.ReserveAsync(Requests.Request("r2"), CancellationToken.None));
        Assert.Contains("are left, and the next request may cost $", budget.Refusal(first), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_further_attempt_needs_money_of_its_own_once_the_one_before_was_paid()
    {
        SpendBudget budget = new(1.5m * Most, before: 0, [Target], CheapTokenEstimator.Instance);
        BatchRequest request = Requests.Request("r1");
        Assert.True(await budget.ReserveAsync(request, CancellationToken.None));

        Assert.True(budget.TryReserve(request));
        budget.Charge(request, Most);

        Assert.False(budget.TryReserve(request));
        Assert.Equal(0.5m * Most, budget.Left);
    }

    [Fact]
    public async Task The_last_request_that_fits_exactly_is_sent()
    {
        SpendBudget budget = new(2 * Most, before: Most, [Target], CheapTokenEstimator.Instance);

        Assert.True(await budget.ReserveAsync(Requests.Request("r1"), CancellationToken.None));
        Assert.Equal(0, budget.Left);
    }

    [Theory]
    [InlineData(3.0, 3.0, 3.0)]
    [InlineData(0.5, 0.5, 1.0)]
    public async Task What_answers_report_corrects_what_is_set_aside_but_a_bound_stays_one(double seen, double input, double output)
    {
        SpendBudget budget = new(100 * Most, before: 0, [Target], CheapTokenEstimator.Instance);
        TokenEstimate estimate = Requests.Request("r1").TokensBy(CheapTokenEstimator.Instance);
        for (int answer = 0; answer < 60; answer++)
        {
            budget.Learn("t", Requests.Request("r1"), new TokenUsage((long)Math.Round(estimate.Input * seen), (long)(estimate.Output * seen)));
        }

        Assert.True(await budget.ReserveAsync(Requests.Request("r1"), CancellationToken.None));

        decimal expected = (decimal)((estimate.Input * input) + (estimate.Output * output));
        Assert.InRange((100 * Most) - budget.Left, expected * 0.98m, (expected * 1.02m) + 1);
    }

    /// <summary>Requests that are read one after the other, are tried again, and end in any order at any cost.</summary>
    private sealed class Schedule(Random random)
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

        private readonly List<BatchRequest> _inFlight = [];
        private decimal _spent;
        private decimal _beyondEstimates;

        /// <returns>What was wrong; null when nothing was.</returns>
        public async Task<string?> RunAsync()
        {
            decimal limit = random.Next(1, 20) * Most * (decimal)(0.5 + random.NextDouble());
            decimal before = random.Next(4) == 0 ? limit * (decimal)random.NextDouble() : 0;
            SpendBudget budget = new(limit, before, [Target], CheapTokenEstimator.Instance);
            for (int step = 0; step < 100; step++)
            {
                BatchRequest next = Requests.Request("r1");
                Task<bool> reserving = budget.ReserveAsync(next, CancellationToken.None).AsTask();
                while (!reserving.IsCompleted && _inFlight.Count > 0)
                {
                    MoveOne(budget);
                    await Task.Yield();
                }

                // With nothing in flight it is decided, and does not wait.
                bool fits = await reserving.WaitAsync(Patience);
                if (fits)
                {
                    _inFlight.Add(next);
                }

                if (Problem(budget, limit - before) is { } problem)
                {
                    return problem;
                }

                if (!fits)
                {
                    return budget.Left >= Most ? "it gave up although the request fits"
                        : _inFlight.Exists(request => request.SetAside is not null) ? "it gave up although something may come back"
                        : null;
                }

                while (_inFlight.Count > 0 && random.Next(3) == 0)
                {
                    MoveOne(budget);
                }
            }

            return null;
        }

        private string? Problem(SpendBudget budget, decimal limit)
        {
            decimal setAside = _inFlight.Sum(request => request.SetAside ?? 0);
            return budget.Left != limit - _spent - setAside ? "money was lost or made"
                : _spent + setAside > limit + _beyondEstimates ? "more is out than the budget and what costs were beyond their estimates"
                : null;
        }

        private void MoveOne(SpendBudget budget)
        {
            BatchRequest request = _inFlight[random.Next(_inFlight.Count)];
            switch (random.Next(5))
            {
                case 0:
                    // A failure that costs nothing: what was set aside is for the next attempt.
                    Assert.True(request.SetAside is null || budget.TryReserve(request));
                    return;
                case 1:
                    // One that may have cost everything; the next attempt needs as much again.
                    Charge(budget, request, Most);
                    if (!budget.TryReserve(request))
                    {
                        End(budget, request);
                    }

                    return;
                case 2:
                    End(budget, request);
                    return;
                default:
                    Charge(budget, request, Most * (decimal)random.NextDouble() * (random.Next(10) == 0 ? 2 : 1));
                    End(budget, request);
                    return;
            }
        }

        private void Charge(SpendBudget budget, BatchRequest request, decimal cost)
        {
            cost = Math.Round(cost, 12);
            _spent += cost;
            _beyondEstimates += Math.Max(0, cost - (request.SetAside ?? 0));
            budget.Charge(request, cost);
        }

        private void End(SpendBudget budget, BatchRequest request)
        {
            budget.Release(request);
            _inFlight.Remove(request);
        }
    }
}
