namespace AiLib.Dataflow.Capacity;

/// <summary>Whose answer brings readings, seen from the moment in which they are used: what it cannot have counted.</summary>
/// <param name="Reservation">What its attempt took.</param>
/// <param name="Elapsed">How many timestamp units ago the attempt began.</param>
/// <param name="Taken">How many requests have taken credits by now.</param>
/// <param name="TakenTokens">How many token credits they took.</param>
/// <param name="TakenInput">How many credits for input.</param>
/// <param name="TakenOutput">How many credits for output.</param>
/// <param name="Others">How many other attempts are in flight now.</param>
/// <param name="Like">What each of them may have cost, as far as input and output are concerned.</param>
internal readonly record struct QuotaNews(
    RateReservation Reservation, long Elapsed, long Taken, long TakenTokens, long TakenInput, long TakenOutput, int Others, TokenCost Like)
{
    /// <summary>The lower of a level and of what the reading leaves.</summary>
    /// <param name="rate">The bucket's.</param>
    /// <param name="level">Its level.</param>
    /// <param name="remaining">What was left when the target looked.</param>
    /// <param name="dimension">What is counted.</param>
    /// <remarks>
    /// The target looked after the attempt began. So no more is there now than was left, with what has flowed in since the beginning and without what was taken since.
    /// The first of the two belongs to it: a long answer that comes while the limit is used up would else empty the bucket for as long as it took.
    /// </remarks>
    public Int128 Lower(CreditRate rate, Int128 level, long remaining, QuotaDimension dimension)
    {
        if (Reservation.Number > 0 && Reservation.Edition >= rate.Since)
        {
            return rate.Lower(level, remaining, Elapsed, Math.Max(0, TakenSince(dimension)));
        }

        // It began before anything was counted here, so each of the others may be unseen, at a like cost. A guess, so it makes no debt.
        long guess = (long)Int128.Min(long.MaxValue, (Int128)Others * CostOfOne(dimension));
        return rate.Lower(level, Math.Max(0, remaining - guess), elapsed: 0, unseen: 0);
    }

    private long TakenSince(QuotaDimension dimension) => dimension switch
    {
        QuotaDimension.Requests => Taken - Reservation.Number,
        QuotaDimension.InputTokens => unchecked(TakenInput - Reservation.Further.TakenInput),
        QuotaDimension.OutputTokens => unchecked(TakenOutput - Reservation.Further.TakenOutput),
        _ => unchecked(TakenTokens - Reservation.Tokens),
    };

    private long CostOfOne(QuotaDimension dimension) => dimension switch
    {
        QuotaDimension.Requests => 1,
        QuotaDimension.InputTokens => Like.Input ?? 0,
        QuotaDimension.OutputTokens => Like.Output ?? 0,
        _ => Reservation.Cost,
    };
}
