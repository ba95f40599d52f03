using AiLib.Dataflow.Threading;

namespace AiLib.Dataflow.Capacity;

/// <summary>One gate over circuit, in-flight limit and rate: a call gets all three at the instant it is made, or none. Usable alone.</summary>
/// <remarks>
/// <para>What is this: the only way in which a lane takes capacity. Credits taken first and a permit waited for afterwards would let a burst through
/// after every stall, so nothing here waits.</para>
/// <para>Threading: everything from anywhere. There is no lock of its own: what was taken is given back when the next part refuses.</para>
/// </remarks>
public sealed class PreflightChecker
{
    /// <summary>Creates a gate over the given parts; a part that is null always passes.</summary>
    /// <param name="circuitBreaker">The breaker of the target.</param>
    /// <param name="rateLimiter">The credits of the target.</param>
    /// <param name="backpressure">The in-flight limit of the target.</param>
    public PreflightChecker(CircuitBreaker? circuitBreaker = null, RateLimiter? rateLimiter = null, Backpressure? backpressure = null)
    {
        CircuitBreaker = circuitBreaker;
        RateLimiter = rateLimiter;
        Backpressure = backpressure;
    }

    /// <summary>The breaker, if there is one.</summary>
    public CircuitBreaker? CircuitBreaker { get; }

    /// <summary>The credits, if they are limited.</summary>
    public RateLimiter? RateLimiter { get; }

    /// <summary>The in-flight limit, if there is one.</summary>
    public Backpressure? Backpressure { get; }

    /// <summary>Whether a call could be made now. Takes nothing, so the answer may be out of date when it arrives.</summary>
    /// <param name="cost">The estimated cost in LLM tokens.</param>
    /// <returns>Null when it could, else the first check that refuses.</returns>
    public Refusal? Check(TokenCost cost = default)
    {
        if (CircuitBreaker?.TimeUntilPass() is { } open && open > TimeSpan.Zero)
        {
            return CircuitRefusal(open);
        }

        if (RateLimiter is { } rate && rate.TimeUntil(cost) is var wait && wait > TimeSpan.Zero)
        {
            return wait == TimeSpan.MaxValue ? rate.NeverFits(cost) : RateRefusal(wait);
        }

        return Backpressure is { HasRoom: false } full ? InFlightRefusal(full) : null;
    }

    /// <summary>Takes what a call needs, all of it or nothing. Does not wait.</summary>
    /// <param name="cost">The estimated cost in LLM tokens.</param>
    /// <param name="pass">To be completed or disposed when the call ends; null when refused.</param>
    /// <param name="refusal">The check that refused; null when it passed.</param>
    public bool TryEnter(TokenCost cost, out PreflightPass? pass, out Refusal? refusal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cost.Total, nameof(cost));
        if (RateLimiter?.Fits(cost) == false)
        {
            pass = null;
            refusal = RateLimiter.NeverFits(cost);
            return false;
        }

        CapacityCheck check = TryTake(cost, CircuitBreaker?.Now ?? 0, RateLimiter?.Now ?? 0, ThisThread.Get(), out CapacityPass taken, out TimeSpan retryAfter);
        pass = check == CapacityCheck.Passed ? new PreflightPass(this, taken) : null;
        refusal = check switch
        {
            CapacityCheck.Passed => null,
            CapacityCheck.Circuit => CircuitRefusal(retryAfter),
            CapacityCheck.InFlight => InFlightRefusal(Backpressure!),
            _ => RateRefusal(retryAfter),
        };
        return pass is not null;
    }

    /// <summary>Takes what a call needs without an object for it.</summary>
    /// <param name="cost">The estimated cost in LLM tokens.</param>
    /// <param name="circuitNow">The breaker's time; used alone, the parts may have clocks of their own.</param>
    /// <param name="rateNow">The limiter's time.</param>
    /// <param name="thread">This thread.</param>
    /// <param name="pass">What was taken.</param>
    /// <param name="retryAfter">How long until the part that refused could pass.</param>
    internal CapacityCheck TryTake(in TokenCost cost, long circuitNow, long rateNow, ThisThread thread, out CapacityPass pass, out TimeSpan retryAfter)
    {
        pass = default;
        retryAfter = TimeSpan.Zero;
        if (Backpressure is not null && !Backpressure.TryEnter())
        {
            return CapacityCheck.InFlight;
        }

        if (CircuitBreaker is not null && !CircuitBreaker.TryEnter(circuitNow, thread, out pass.Circuit, out retryAfter))
        {
            Backpressure?.Leave(PermitEnd.Ignored);
            return CapacityCheck.Circuit;
        }

        // Last, because credits are the one part that cannot be given back without a trace: a refund after a refill may be capped.
        if (RateLimiter is null)
        {
            pass.Reservation = new RateReservation(cost.Total);
        }
        else if (!RateLimiter.TryReserve(cost, rateNow, out pass.Reservation, out retryAfter))
        {
            CircuitBreaker?.Report(pass.Circuit, TargetHealth.Unknown, retryAfter: null, circuitNow, thread);
            Backpressure?.Leave(PermitEnd.Ignored);
            return CapacityCheck.Rate;
        }

        return CapacityCheck.Passed;
    }

    /// <summary>Gives everything back: the call was not made.</summary>
    internal void GiveBack(in CapacityPass pass)
    {
        Backpressure?.Leave(PermitEnd.Ignored);
        RateLimiter?.Refund(pass.Reservation);
        CircuitBreaker?.Report(pass.Circuit, TargetHealth.Unknown);
    }

    /// <summary>Ends a call that was answered.</summary>
    /// <param name="pass">What it holds.</param>
    /// <param name="cost">The real cost in LLM tokens; the estimate when it is not known.</param>
    /// <param name="circuitNow">The breaker's time.</param>
    /// <param name="rateNow">The limiter's time.</param>
    /// <param name="thread">This thread.</param>
    internal void GiveAnswered(in CapacityPass pass, in TokenCost cost, long circuitNow, long rateNow, ThisThread thread)
    {
        CircuitBreaker?.Report(pass.Circuit, TargetHealth.Healthy, retryAfter: null, circuitNow, thread);
        if (cost.Total != pass.Reservation.Cost || pass.Reservation.TookFurther)
        {
            RateLimiter?.Settle(pass.Reservation, cost, rateNow);
        }

        Backpressure?.Leave(PermitEnd.Succeeded);
    }

    /// <summary>Ends a call: everyone learns what came of it, and the permit goes back last, so that whoever gets it meets the news.</summary>
    internal void Give(in CapacityPass pass, OutcomeKind outcome, in TokenCost? cost, TimeSpan? retryAfter, long circuitNow, long rateNow, ThisThread thread)
    {
        CircuitBreaker?.Report(pass.Circuit, outcome.Health(), retryAfter, circuitNow, thread);
        RateLimiter?.Settle(pass.Reservation, cost, rateNow);
        Backpressure?.Leave(outcome.ToPermitEnd());
    }

    private static Refusal CircuitRefusal(TimeSpan wait) => new("circuit", "the circuit is open.", wait);

    private static Refusal RateRefusal(TimeSpan wait) => new("rate", "no credit is left now.", wait);

    private static Refusal InFlightRefusal(Backpressure full) => new("in_flight", $"{full.MaxInflight} attempts are in flight, which is the limit.");
}

/// <summary>Which part of the capacity refused.</summary>
internal enum CapacityCheck
{
    Passed,
    Circuit,
    InFlight,
    Rate,

    /// <summary>The limit over the pool; the lane's, never this checker's own.</summary>
    Shared,
}

/// <summary>What one attempt holds.</summary>
/// <remarks>Fields, filled in and read where they lie: a copy made right after the parts were written would wait for them to leave the store buffer.</remarks>
internal struct CapacityPass
{
    /// <summary>The way through the circuit.</summary>
    public CircuitPass Circuit;

    /// <summary>The credits.</summary>
    public RateReservation Reservation;
}

/// <summary>What a call holds that a <see cref="PreflightChecker"/> let through. Ends once, whatever is called on it how often.</summary>
/// <remarks>Thread-safe. Disposing an open pass ends it as a call that was given up, which decides nothing.</remarks>
public sealed class PreflightPass : IDisposable
{
    private readonly CapacityPass _taken;

    // Set to null by whoever ends the pass.
    private PreflightChecker? _owner;

    internal PreflightPass(PreflightChecker owner, CapacityPass taken)
    {
        _owner = owner;
        _taken = taken;
    }

    /// <summary>Ends the call and says what came of it.</summary>
    /// <param name="outcome">What came of it.</param>
    /// <param name="cost">The real cost in LLM tokens; null when unknown.</param>
    /// <param name="retryAfter">How long the target asked to be left alone.</param>
    public void Complete(OutcomeKind outcome, TokenCost? cost = null, TimeSpan? retryAfter = null)
    {
        if (Interlocked.Exchange(ref _owner, null) is { } owner)
        {
            owner.Give(_taken, outcome, cost, retryAfter, owner.CircuitBreaker?.Now ?? 0, owner.RateLimiter?.Now ?? 0, ThisThread.Get());
        }
    }

    /// <summary>Ends the call without saying anything.</summary>
    public void Dispose() => Complete(OutcomeKind.Cancelled);
}
