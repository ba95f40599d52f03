namespace AiLib.Dataflow.Providers.Quotas;

/// <summary>Reads what a provider says about its quotas in the headers of an answer.</summary>
/// <remarks>
/// Which names a provider uses, and what they count in which window, is a table. A provider that is not in it is asked for OpenAI's names, which
/// many copy, and when it has none of them for those of the IETF. Stateless, without a clock, independent of the culture; allocates nothing unless
/// a date is damaged; never throws at what a header says.
/// </remarks>
public static class QuotaHeaders
{
    /// <summary>The most readings that one answer gives: 8.</summary>
    public const int MaxReadings = 8;

    /// <summary>
    /// Whether a header of this name may be one that is read here. Where no header of an answer is, there is nothing to read: most servers of one's own say nothing of quotas, and looking up the dozen names
    /// that there might be takes longer than reading the answer's usage.
    /// </summary>
    internal static bool MayBeQuota(string name) =>
        name.Contains("limit", StringComparison.OrdinalIgnoreCase) || name.StartsWith("anthropic-", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the quotas.</summary>
    /// <param name="providerId">The id of the provider, as in <see cref="ProviderCatalog"/> or any other; case does not matter.</param>
    /// <param name="header">Looks a response header up by its name in lower case; null when it is absent.</param>
    /// <param name="now">The time, for dates.</param>
    /// <param name="readings">Filled from its beginning; at least <see cref="MaxReadings"/> long.</param>
    /// <returns>How many readings there are, each with a limit or a remaining amount, and how many values were nonsense.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="readings"/> is too short.</exception>
    public static QuotaTally Read(string providerId, Func<string, string?> header, DateTimeOffset now, Span<QuotaReading> readings)
    {
        ArgumentNullException.ThrowIfNull(providerId);
        ArgumentNullException.ThrowIfNull(header);
        ArgumentOutOfRangeException.ThrowIfLessThan(readings.Length, MaxReadings, nameof(readings));

        var list = new QuotaList(readings[..MaxReadings], now);
        bool isKnown = QuotaTables.TryFind(providerId, out QuotaRow[] rows);
        foreach (QuotaRow row in rows)
        {
            row.Read(header, ref list);
        }

        if (!isKnown && list.Count == 0)
        {
            StandardQuotas.Read(header, ref list);
        }

        return list.Tally;
    }
}
