using System.Collections.Frozen;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Batch.Spend;

/// <summary>The money that a job may spend: set aside by estimate before a request is sent, and settled with what its attempts really cost.</summary>
/// <remarks>
/// <para>
/// What is spent and what is set aside never come to more than the budget, as long as nothing costs more than its estimate. A request that does not fit waits for others to
/// settle for less than was set aside for them, which most do, since an estimate is the most that an answer may cost; when none is left to wait for, the budget is used up.
/// So it is used to the last request that fits, and a wait ends because every request that is in flight comes to an end.
/// </para>
/// <para>Thread-safe; one at a time may wait.</para>
/// </remarks>
internal sealed class SpendBudget
{
    private readonly Lock _sync = new();
    private readonly decimal _budget;
    private readonly FrozenDictionary<string, Bidder> _targets;
    private readonly ITokenEstimator _estimator;

    // Guarded by _sync: what is neither spent nor set aside, below zero when something cost more than its estimate; how many have something set aside; who waits.
    private decimal _left;
    private int _open;
    private TaskCompletionSource? _waiter;

    /// <param name="budget">USD.</param>
    /// <param name="before">What of it is spent already.</param>
    /// <param name="prices">Those of all targets that may answer, by their names: which of them will is not known before.</param>
    /// <param name="estimator">Says what a request may take.</param>
    public SpendBudget(decimal budget, decimal before, IEnumerable<KeyValuePair<string, TokenPrices>> prices, ITokenEstimator estimator)
    {
        _budget = budget;
        _left = budget - before;
        _estimator = estimator;
        _targets = prices.ToFrozenDictionary(target => target.Key, target => new Bidder(target.Value), StringComparer.Ordinal);
    }

    /// <summary>The budget of a job that has one.</summary>
    /// <param name="options">The job.</param>
    /// <param name="before">What of it is spent already.</param>
    /// <param name="targets">All that may answer.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ConfigurationException">A target has no price.</exception>
    public static SpendBudget? Of(BatchJobOptions options, decimal before, IEnumerable<string> targets)
    {
        if (options.BudgetUsd is not { } budget)
        {
            return null;
        }

        string[] all = [.. targets];
        string[] unpriced = [.. all.Where(target => !options.Prices.ContainsKey(target))];
        return unpriced.Length == 0
            ? new SpendBudget(budget, before, all.Select(target => KeyValuePair.Create(target, options.Prices[target])), options.Estimator)
            : throw new ConfigurationException([$"A budget needs the price of every target, and {string.Join(", ", unpriced)} has none; give the prices, or leave the budget out."]);
    }

    /// <summary>What is neither spent nor set aside.</summary>
    public decimal Left
    {
        get
        {
            lock (_sync)
            {
                return _left;
            }
        }
    }

    /// <summary>Sets aside what a request may cost, when it fits, and waits for that while there is something to wait for.</summary>
    /// <returns>Whether it fits.</returns>
    public async ValueTask<bool> ReserveAsync(BatchRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            TaskCompletionSource waiter;
            lock (_sync)
            {
                if (TryReserveLocked(request))
                {
                    return true;
                }

                if (_open == 0)
                {
                    return false;
                }

                // One for each wait: whoever is called off leaves nothing behind.
                waiter = _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            // Not Task.WaitAsync, which continues on a thread of its own choice.
            CancellationTokenRegistration calledOff = cancellationToken.UnsafeRegister(static (waiter, token) => ((TaskCompletionSource)waiter!).TrySetCanceled(token), waiter);
            await using (calledOff.ConfigureAwait(Continuations.KeepContext))
            {
                await waiter.Task.ConfigureAwait(Continuations.KeepContext);
            }
        }
    }

    /// <summary>Makes sure that something is set aside for a further attempt: one before it may have cost what was.</summary>
    /// <returns>Whether it fits.</returns>
    public bool TryReserve(BatchRequest request)
    {
        lock (_sync)
        {
            return request.SetAside is not null || TryReserveLocked(request);
        }
    }

    /// <summary>An attempt has cost something, and takes the place of what was set aside for it.</summary>
    public void Charge(BatchRequest request, decimal cost)
    {
        lock (_sync)
        {
            ReturnLocked(request);
            _left -= cost;
            WakeLocked();
        }
    }

    /// <summary>Learns from what a target has counted by how much estimates are off there.</summary>
    public void Learn(string target, BatchRequest request, TokenUsage usage)
    {
        if (_targets.TryGetValue(target, out Bidder? bidder))
        {
            bidder.Correction.Observe(request.TokensBy(_estimator), usage);
        }
    }

    /// <summary>A request has come to its end; what is still set aside for it is free.</summary>
    public void Release(BatchRequest request)
    {
        lock (_sync)
        {
            ReturnLocked(request);
            WakeLocked();
        }
    }

    /// <summary>Why a request does not fit, as a sentence.</summary>
    public string Refusal(BatchRequest request) => FormattableString.Invariant(
        $"of the budget of ${Usd.Plain(_budget)} (--budget, over all runs) ${Shown(Left)} are left, and the next request may cost ${Shown(MostOf(request))}.");

    private static decimal Shown(decimal amount) => Usd.Plain(Math.Round(amount, 6, MidpointRounding.AwayFromZero));

    private decimal MostOf(BatchRequest request)
    {
        TokenEstimate estimate = request.TokensBy(_estimator);
        decimal most = 0;
        foreach (Bidder bidder in _targets.Values)
        {
            // The most that may be answered is a promise, which only those break that have none of their own: it is never corrected downwards.
            EstimateRatios ratios = bidder.Correction.Ratios;
            most = Math.Max(most, bidder.Prices.CostOf((ratios with { Output = Math.Max(1, ratios.Output) }).Apply(estimate)));
        }

        return most;
    }

    private bool TryReserveLocked(BatchRequest request)
    {
        decimal most = MostOf(request);
        if (most > _left)
        {
            return false;
        }

        _left -= most;
        _open++;
        request.SetAside = most;
        return true;
    }

    private void ReturnLocked(BatchRequest request)
    {
        if (request.SetAside is { } amount)
        {
            _left += amount;
            _open--;
            request.SetAside = null;
        }
    }

    private void WakeLocked()
    {
        // Its continuation runs elsewhere, so that it may be woken here.
        _waiter?.TrySetResult();
        _waiter = null;
    }

    /// <summary>A target that may answer.</summary>
    private sealed record Bidder(TokenPrices Prices)
    {
        public EstimateCorrection Correction { get; } = new();
    }
}
