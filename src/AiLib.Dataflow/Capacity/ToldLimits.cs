namespace AiLib.Dataflow.Capacity;

/// <summary>The limits that a target has told, as far as there are buckets for them: windows of up to a minute, and of a day.</summary>
/// <remarks>Immutable and pure.</remarks>
internal sealed class ToldLimits
{
    /// <summary>Where the limit on requests in up to a second stands.</summary>
    public const int Second = 0;

    /// <summary>Where the limit on requests in up to a minute stands.</summary>
    public const int Minute = 1;

    /// <summary>Where the limit on tokens in up to a minute stands.</summary>
    public const int Tokens = 2;

    private const int FirstFurther = 3;

    // As large as can be configured; more is nonsense, and so is a window that no provider has.
    private const long MostRequests = 1_000_000_000;
    private const long MostTokens = 100_000_000_000;
    private static readonly TimeSpan ShortestWindow = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestWindow = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestHour = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestDay = TimeSpan.FromDays(1);

    // What a reset that is told may be off by: whole seconds, and the way of the answer.
    private static readonly TimeSpan ResetSlack = TimeSpan.FromMinutes(1);

    private readonly ToldLimit[] _limits;

    private ToldLimits(ToldLimit[] limits) => _limits = limits;

    /// <summary>Nothing was told.</summary>
    public static ToldLimits None { get; } = new(new ToldLimit[FirstFurther + FurtherRates.Count]);

    /// <summary>What was told about one of them.</summary>
    public ToldLimit this[int slot] => _limits[slot];

    /// <summary>Where a limit stands that few targets have.</summary>
    public static int SlotOf(FurtherLimit limit) => FirstFurther + (int)limit;

    /// <summary>Whether requests in a window are counted by the bucket of a second.</summary>
    public static bool IsOfSecond(TimeSpan? window) => window <= TimeSpan.FromSeconds(1);

    /// <summary>The limit of those that few targets have which a reading is about; null for the others.</summary>
    public static FurtherLimit? FurtherOf(in QuotaReading reading) => reading.Dimension switch
    {
        QuotaDimension.InputTokens => FurtherLimit.Input,
        QuotaDimension.OutputTokens => FurtherLimit.Output,
        QuotaDimension.Requests => IsOfDay(reading.Window) ? FurtherLimit.DayRequests : null,
        QuotaDimension.Tokens => IsOfDay(reading.Window) ? FurtherLimit.DayTokens : null,
        _ => null,
    };

    /// <summary>
    /// With what an answer says: of two limits in one bucket the slower, and what it does not speak of stays. A day that begins anew at its end is no bucket: it is not learned, and what
    /// was learned of it is forgotten.
    /// </summary>
    /// <param name="readings">What the answer says.</param>
    /// <param name="news">What it says something new about.</param>
    /// <returns>The same object when nothing is different.</returns>
    public ToldLimits With(ReadOnlySpan<QuotaReading> readings, QuotaSubjects news)
    {
        Span<ToldLimit> told = stackalloc ToldLimit[_limits.Length];
        Span<bool> forgotten = stackalloc bool[_limits.Length];
        foreach (ref readonly QuotaReading reading in readings)
        {
            if (!news.HasFlag(reading.Dimension.ToSubject()) || reading.Limit is not (> 0 and { } limit) || SlotOf(reading, limit) is not { } slot)
            {
                continue;
            }

            if (slot >= SlotOf(FurtherLimit.DayRequests) && BeginsAnew(reading, limit))
            {
                forgotten[slot] = true;
                continue;
            }

            ToldLimit one = new(limit, reading.Window!.Value);
            told[slot] = one.IsSlowerThan(told[slot]) ? one : told[slot];
        }

        bool isSame = true;
        for (int slot = 0; slot < told.Length; slot++)
        {
            told[slot] = told[slot].IsTold || forgotten[slot] ? told[slot] : _limits[slot];
            isSame &= told[slot] == _limits[slot];
        }

        return isSame ? this : new ToldLimits(told.ToArray());
    }

    /// <summary>Whether all of it comes back at one time: later than what was used would take to flow in, twice over.</summary>
    private static bool BeginsAnew(in QuotaReading reading, long limit) =>
        reading.FullIn is { } fullIn && reading.Remaining is { } remaining
        && (Int128)(fullIn - ResetSlack).Ticks * limit > 2 * (Int128)reading.Window!.Value.Ticks * Math.Max(0, limit - remaining);

    private static bool IsOfDay(TimeSpan? window) => window > LongestHour && window <= LongestDay;

    /// <summary>Where a limit belongs; null when there is no bucket for it.</summary>
    private static int? SlotOf(in QuotaReading reading, long limit)
    {
        if (reading.Window is not { } window || limit > (reading.Dimension == QuotaDimension.Requests ? MostRequests : MostTokens))
        {
            return null;
        }

        bool isOfMinute = window >= ShortestWindow && window <= LongestWindow;
        return FurtherOf(reading) is { } further ? isOfMinute || IsOfDay(window) && further >= FurtherLimit.DayRequests ? SlotOf(further) : null
            : !isOfMinute ? null
            : reading.Dimension == QuotaDimension.Tokens ? Tokens
            : reading.Dimension != QuotaDimension.Requests ? null
            : IsOfSecond(window) ? Second
            : Minute;
    }
}
