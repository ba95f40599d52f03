using AiLib.Dataflow.Providers.Errors;
using AiLib.Dataflow.Providers.Waits;

namespace AiLib.Dataflow.Providers;

/// <summary>Finds out how long a provider asks to be left alone, in any of the ways in which providers say it.</summary>
/// <remarks>
/// In this order, the first that can be read: <c>retry-after-ms</c>, <c>x-ms-retry-after-ms</c>, <c>retry-after</c> (seconds, duration or date), the
/// body's own field (Google's RetryInfo, OpenRouter's metadata), the message's text, both of the provider behind a router, the reset header of a dimension that is used up.
/// Stateless, without a clock, independent of the culture; never throws.
/// </remarks>
public static class WaitHint
{
    /// <summary>The longest wait that is believed: 3,650 days. A longer one counts as this long; who waits has a cap of its own.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromDays(3650);

    /// <summary>Finds the wait.</summary>
    /// <param name="header">Looks a response header up by its name in lower case; null when it is absent.</param>
    /// <param name="body">The error body: any bytes.</param>
    /// <param name="now">The time, for dates.</param>
    /// <returns>Zero to <see cref="Longest"/>; null when nothing readable was said.</returns>
    public static TimeSpan? Parse(Func<string, string?> header, ReadOnlyMemory<byte> body, DateTimeOffset now) =>
        Parse(header, ErrorBody.Parse(body), now);

    internal static TimeSpan? Parse(Func<string, string?> header, ErrorBody body, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(header);
        return WaitText.ParseMilliseconds(header("retry-after-ms"))
            ?? WaitText.ParseMilliseconds(header("x-ms-retry-after-ms"))
            ?? WaitText.Parse(header("retry-after"), now)
            ?? WaitText.Parse(body.RetryDelay, now)
            ?? WaitMessage.Parse(body.Message)
            ?? WaitText.Parse(body.Upstream?.RetryDelay, now)
            ?? WaitMessage.Parse(body.Upstream?.Message ?? "")
            ?? ResetHeaders.Parse(header, now);
    }
}
