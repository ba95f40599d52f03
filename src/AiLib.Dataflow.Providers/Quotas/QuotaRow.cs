namespace AiLib.Dataflow.Providers.Quotas;

/// <summary>One quota of a provider: the three headers that tell about it, and what they mean.</summary>
/// <remarks>Immutable; read by any number of threads.</remarks>
internal sealed class QuotaRow
{
    private readonly QuotaDimension _dimension;
    private readonly TimeSpan? _window;
    private readonly string[] _limits;
    private readonly string[] _remainders;
    private readonly string[] _resets;

    /// <summary>Creates a row.</summary>
    /// <param name="dimension">What is counted.</param>
    /// <param name="window">The window it is counted in; null when that is not known.</param>
    /// <param name="names">
    /// The names in lower case, with a star for <c>limit</c>, <c>remaining</c> and <c>reset</c>. A header that is absent under the first name is
    /// looked for under the next.
    /// </param>
    public QuotaRow(QuotaDimension dimension, TimeSpan? window, params string[] names)
    {
        _dimension = dimension;
        _window = window;
        _limits = Names("limit");
        _remainders = Names("remaining");
        _resets = Names("reset");

        string[] Names(string part) => Array.ConvertAll(names, name => name.Replace("*", part, StringComparison.Ordinal));
    }

    /// <summary>Whether -1 says that a value is unknown, and so does a zero where it cannot be true. Default: no.</summary>
    public bool HasSentinels { get; init; }

    /// <summary>Whether the window is a minute or a day, and only the speed of the refill tells which. Default: no.</summary>
    public bool RefillTellsWindow { get; init; }

    /// <summary>Adds what the headers say.</summary>
    public void Read(Func<string, string?> header, ref QuotaList list)
    {
        string? limitText = Find(header, _limits);
        string? remainingText = Find(header, _remainders);
        if (limitText is null && remainingText is null)
        {
            return;
        }

        long? limit = Amount(limitText, ref list);
        long? remaining = Amount(remainingText, ref list);
        if (HasSentinels)
        {
            limit = limit == 0 ? null : limit;
            remaining = remaining == 0 && limit is null ? null : remaining;
        }

        if (limit is not null || remaining is not null)
        {
            TimeSpan? fullIn = list.FullIn(Find(header, _resets));
            TimeSpan? window = RefillTellsWindow ? WindowByRefill(limit, remaining, fullIn) : _window;
            list.Add(new QuotaReading(_dimension, window, limit, remaining, fullIn));
        }
    }

    private long? Amount(string? text, ref QuotaList list) => HasSentinels && text.AsSpan().Trim() is "-1" ? null : list.Amount(text);

    // Refilled without a break, so the time until it is full is the share of the window that was used: 1 of 5,000 a minute in 12 ms, 3 of 200 a day
    // in some 20 minutes. Slower than a minute's, but full within one, may be the first requests of a day, or of a gateway whose minute begins anew for everyone at
    // once: that only more requests can tell.
    private static TimeSpan? WindowByRefill(long? limit, long? remaining, TimeSpan? fullIn) =>
        limit - remaining is > 0 and { } used && fullIn is { Ticks: > 0 } time
            ? time * ((double)limit!.Value / used) < QuotaWindows.Hour ? QuotaWindows.Minute
            : time > QuotaWindows.Minute ? QuotaWindows.Day
            : null
            : null;

    private static string? Find(Func<string, string?> header, string[] names)
    {
        foreach (string name in names)
        {
            if (header(name) is { } value)
            {
                return value;
            }
        }

        return null;
    }
}
