using AiLib.Dataflow.Providers.Errors;
using static AiLib.Dataflow.Providers.Quotas.QuotaWindows;
using static AiLib.Dataflow.QuotaDimension;

namespace AiLib.Dataflow.Providers.Quotas;

/// <summary>Reads what a provider says about its quotas in the body of an error, where that body is about a quota (429).</summary>
/// <remarks>
/// Google's QuotaFailure, the sentence of OpenAI and those who copy it: "on tokens per min (TPM): Limit 30000, Used 29000, Requested 5000", and that of Anthropic: "rate limit of 30,000
/// input tokens per minute".
/// Stateless, without a clock, independent of the culture; never throws at what a body says.
/// </remarks>
public static class QuotaErrors
{
    // The first that occurs counts, so what is inside another stands behind it.
    private static readonly Phrase[] Phrases =
    [
        new("input tokens per min", InputTokens, Minute),
        new("output tokens per min", OutputTokens, Minute),
        new("tokens per min", Tokens, Minute),
        new("tokens_usage_based per min", Tokens, Minute),
        new("(TPM)", Tokens, Minute),
        new("requests per min", Requests, Minute),
        new("(RPM)", Requests, Minute),
        new("tokens per day", Tokens, Day),
        new("(TPD)", Tokens, Day),
        new("requests per day", Requests, Day),
        new("(RPD)", Requests, Day),
    ];

    // Names such as GenerateContentInputTokensPerModelPerMinute-FreeTier, and metrics such as generate_content_free_tier_input_token_count.
    private static readonly (string Word, QuotaDimension Dimension)[] Counted =
    [
        ("InputToken", InputTokens),
        ("input_token", InputTokens),
        ("OutputToken", OutputTokens),
        ("output_token", OutputTokens),
        ("Token", Tokens),
        ("Request", Requests),
    ];

    private static readonly (string Word, TimeSpan Window)[] Windows =
    [
        ("PerSecond", Second),
        ("PerMinute", Minute),
        ("PerHour", Hour),
        ("PerDay", Day),
    ];

    /// <summary>Reads the quotas.</summary>
    /// <param name="body">The error body: any bytes.</param>
    /// <param name="readings">Filled from its beginning; at least <see cref="QuotaHeaders.MaxReadings"/> long.</param>
    /// <returns>How many readings there are, each with a limit, and how many values were nonsense.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="readings"/> is too short.</exception>
    public static QuotaTally Read(ReadOnlyMemory<byte> body, Span<QuotaReading> readings) => Read(ErrorBody.Parse(body), readings);

    /// <summary>The most that one request may cost, where the body says that this one asked for more.</summary>
    internal static CostLimit? FindCostLimit(ErrorBody body) =>
        ErrorTexts.FindLimit(body.Message) is { } found && found.Requested > found.Limit && FindPhrase(body) is { Dimension: not Requests } phrase
            ? new CostLimit(phrase.Dimension, found.Limit, found.Requested)
            : null;

    /// <summary>The limit on input or output tokens that the body says this request would exceed, where a header says that nothing of it is used: then the request alone is more.</summary>
    /// <param name="body">The body.</param>
    /// <param name="told">What the headers say.</param>
    internal static CostLimit? FindUnusedLimit(ErrorBody body, ReadOnlySpan<QuotaReading> told)
    {
        if (ErrorTexts.FindRate(body.Message) is not { } limit || FindPhrase(body) is not { Dimension: InputTokens or OutputTokens } phrase)
        {
            return null;
        }

        foreach (ref readonly QuotaReading reading in told)
        {
            if (reading.Dimension == phrase.Dimension && reading.Limit == limit && reading.Remaining >= limit)
            {
                return new CostLimit(phrase.Dimension, limit);
            }
        }

        return null;
    }

    /// <summary>Whether the body says which limit is in the way, and that it is more than nothing.</summary>
    internal static bool NamesLimit(ErrorBody body)
    {
        Span<QuotaReading> readings = stackalloc QuotaReading[QuotaHeaders.MaxReadings];
        foreach (ref readonly QuotaReading reading in readings[..Read(body, readings).Readings])
        {
            if (reading.Limit > 0)
            {
                return true;
            }
        }

        return false;
    }

    internal static QuotaTally Read(ErrorBody body, Span<QuotaReading> readings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(readings.Length, QuotaHeaders.MaxReadings, nameof(readings));

        var list = new QuotaList(readings[..QuotaHeaders.MaxReadings]);
        foreach (QuotaViolation violation in body.Violations)
        {
            ReadViolation(violation, ref list);
        }

        if (list.Count == 0)
        {
            ReadMessage(body, ref list);
        }

        return list.Tally;
    }

    // What is left is not told: a quota of tokens fails when the request is larger than the rest.
    private static void ReadViolation(QuotaViolation violation, ref QuotaList list)
    {
        if ((CountedBy(violation.Id) ?? CountedBy(violation.Metric)) is { } dimension)
        {
            list.Add(new QuotaReading(dimension, WindowIn(violation.Id), list.Amount(violation.Value), Remaining: null, FullIn: null));
        }
    }

    private static QuotaDimension? CountedBy(string name)
    {
        foreach ((string word, QuotaDimension dimension) in Counted)
        {
            if (name.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return dimension;
            }
        }

        return null;
    }

    private static TimeSpan? WindowIn(string name)
    {
        foreach ((string word, TimeSpan window) in Windows)
        {
            if (name.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return window;
            }
        }

        return null;
    }

    private static void ReadMessage(ErrorBody body, ref QuotaList list)
    {
        if (FindPhrase(body) is not { } phrase)
        {
            return;
        }

        if (ErrorTexts.FindLimit(body.Message) is not { } found)
        {
            if (ErrorTexts.FindRate(body.Message) is { } named)
            {
                list.Add(new QuotaReading(phrase.Dimension, phrase.Window, list.Amount(named), Remaining: null, FullIn: null));
            }

            return;
        }

        long? limit = list.Amount(found.Limit);
        long? remaining = list.Amount(found.Used) is { } used && limit is { } all ? Math.Max(0, all - used) : null;
        list.Add(new QuotaReading(phrase.Dimension, phrase.Window, limit, remaining, FullIn: null));
    }

    private static Phrase? FindPhrase(ErrorBody body)
    {
        foreach (Phrase phrase in Phrases)
        {
            if (body.Message.Contains(phrase.Text, StringComparison.OrdinalIgnoreCase))
            {
                return phrase;
            }
        }

        // The error's type names what is counted, though not in which window.
        return body.Tokens.Contains("tokens", StringComparer.Ordinal) ? new Phrase("tokens", Tokens, Window: null)
            : body.Tokens.Contains("requests", StringComparer.Ordinal) ? new Phrase("requests", Requests, Window: null)
            : null;
    }

    private readonly record struct Phrase(string Text, QuotaDimension Dimension, TimeSpan? Window);
}
