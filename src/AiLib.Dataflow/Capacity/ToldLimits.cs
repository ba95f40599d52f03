namespace AiLib.Dataflow.Capacity;

/// <summary>The limits that a target has told, as far as there are buckets for them: windows of up to a minute.</summary>
/// <param name="Second">Requests in up to a second.</param>
/// <param name="Minute">Requests in up to a minute.</param>
/// <param name="Tokens">LLM tokens in up to a minute.</param>
/// <remarks>Immutable and pure.</remarks>
internal sealed record ToldLimits(ToldLimit Second, ToldLimit Minute, ToldLimit Tokens)
{
    // As large as can be configured; more is nonsense, and so is a window that no provider has.
    private const long MostRequests = 1_000_000_000;
    private const long MostTokens = 100_000_000_000;
    private static readonly TimeSpan ShortestWindow = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestWindow = TimeSpan.FromMinutes(1);

    /// <summary>Nothing was told.</summary>
    public static ToldLimits None { get; } = new(default, default, default);

    /// <summary>Whether requests in a window are counted by the bucket of a second.</summary>
    public static bool IsOfSecond(TimeSpan? window) => window <= TimeSpan.FromSeconds(1);

    /// <summary>With what an answer says: of two limits in one bucket the slower, and what it does not speak of stays.</summary>
    /// <param name="readings">What the answer says.</param>
    /// <param name="requests">Whether to take over what is about requests.</param>
    /// <param name="tokens">Whether to take over what is about tokens.</param>
    /// <returns>The same object when nothing is different.</returns>
    public ToldLimits With(ReadOnlySpan<QuotaReading> readings, bool requests, bool tokens)
    {
        ToldLimit second = default;
        ToldLimit minute = default;
        ToldLimit token = default;
        foreach (QuotaReading reading in readings)
        {
            if (reading.Window is not { } window || window < ShortestWindow || window > LongestWindow || reading.Limit is not (> 0 and { } limit))
            {
                continue;
            }

            ToldLimit told = new(limit, window);
            if (reading.Dimension == QuotaDimension.Tokens)
            {
                token = tokens && limit <= MostTokens && told.IsSlowerThan(token) ? told : token;
            }
            else if (reading.Dimension == QuotaDimension.Requests && requests && limit <= MostRequests)
            {
                second = IsOfSecond(window) && told.IsSlowerThan(second) ? told : second;
                minute = !IsOfSecond(window) && told.IsSlowerThan(minute) ? told : minute;
            }
        }

        second = second.IsTold ? second : Second;
        minute = minute.IsTold ? minute : Minute;
        token = token.IsTold ? token : Tokens;
        return second == Second && minute == Minute && token == Tokens ? this : new ToldLimits(second, minute, token);
    }
}
