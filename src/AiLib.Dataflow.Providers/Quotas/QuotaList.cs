using System.Globalization;
using AiLib.Dataflow.Providers.Waits;

namespace AiLib.Dataflow.Providers.Quotas;

/// <summary>The readings found so far, and the only place where a text becomes a value of one.</summary>
/// <param name="readings">Where they go; what does not fit is left out.</param>
/// <param name="now">The time, for dates.</param>
/// <remarks>A text that says nothing is an absent value; one that says nonsense is one as well, and is counted.</remarks>
internal ref struct QuotaList(Span<QuotaReading> readings, DateTimeOffset now = default)
{
    // More than any quota, and exact in every type of number that it passes through.
    private const long MaxAmount = 1_000_000_000_000_000;
    private const int MaxLength = 64;

    private readonly Span<QuotaReading> _readings = readings;
    private readonly DateTimeOffset _now = now;
    private int _ignored;

    /// <summary>How many readings there are.</summary>
    public int Count { get; private set; }

    /// <summary>Readings and nonsense, counted.</summary>
    public readonly QuotaTally Tally => new(Count, _ignored);

    /// <summary>Adds a reading, unless it says neither a limit nor what is left of it: a time alone is none.</summary>
    public void Add(QuotaReading reading)
    {
        if ((reading.Limit is not null || reading.Remaining is not null) && Count < _readings.Length)
        {
            _readings[Count++] = reading;
        }
    }

    /// <summary>Reads a limit, or what is left of one.</summary>
    /// <returns>Zero to 10^15; null when there is none.</returns>
    public long? Amount(scoped ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text.IsEmpty)
        {
            return null;
        }

        // By way of a floating number, because some write 100.0; it holds every whole number up to the largest amount.
        const NumberStyles Number = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        return text.Length <= MaxLength && double.TryParse(text, Number, CultureInfo.InvariantCulture, out double value)
            && value is >= 0 and <= MaxAmount && double.IsInteger(value)
            ? (long)value
            : Ignore<long>();
    }

    /// <summary>Takes a limit, or what is left of one, that is a number already.</summary>
    /// <returns>Zero to 10^15; null when there is none.</returns>
    public long? Amount(long? value) => value is null or (>= 0 and <= MaxAmount) ? value : Ignore<long>();

    /// <summary>Reads the time until a quota is full again, in any form in which waits are written.</summary>
    /// <returns>Zero to less than <see cref="WaitHint.Longest"/>; null when there is none.</returns>
    public TimeSpan? FullIn(scoped ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text.IsEmpty)
        {
            return null;
        }

        // Where a wait is cut to the longest one, a reset so far away is no reset.
        return WaitText.Parse(text, _now) is { } time && time < WaitHint.Longest ? time : Ignore<TimeSpan>();
    }

    /// <summary>Reads the length of a window in seconds.</summary>
    /// <returns>More than zero and less than <see cref="WaitHint.Longest"/>; null when there is none.</returns>
    public TimeSpan? Window(scoped ReadOnlySpan<char> text) => Amount(text) switch
    {
        null => null,
        > 0 and var seconds when seconds < WaitHint.Longest.TotalSeconds => TimeSpan.FromSeconds(seconds),
        _ => Ignore<TimeSpan>(),
    };

    /// <summary>Counts a value that was nonsense.</summary>
    public void Ignore() => _ignored++;

    private T? Ignore<T>()
        where T : struct
    {
        _ignored++;
        return null;
    }
}
