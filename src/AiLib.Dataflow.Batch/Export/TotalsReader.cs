using System.Text.Json;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Export;

/// <summary>Sums up lines of the results and the errors. Memory does not grow with their number, nor with what is in them.</summary>
/// <remarks>One thread.</remarks>
internal sealed class TotalsReader
{
    private const int MostNames = 1_000;
    private const int MostKinds = 200;
    private const int MostExamples = 3;
    private const int LongestText = 500;

    // A duration of 1,000 ms and more is counted by its first three digits.
    private const long ExactBelow = 1_000;

    private readonly Dictionary<string, long> _answeredBy = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, long> _attempts = [];
    private readonly SortedDictionary<long, long> _latencies = [];
    private readonly Dictionary<(int? Status, string? Code), (long Count, List<BatchErrorExample> Examples)> _kinds = [];

    private long _answered;
    private long _failed;
    private long _copies;
    private long _unreadable;
    private long _withTokens;
    private long _inputTokens;
    private long _outputTokens;
    private long _withCost;
    private decimal _cost;
    private long _longest;

    /// <summary>Adds a line of the results. What comes behind the facts, the answer itself, is not looked at.</summary>
    public void AddResult(ReadOnlyMemory<byte> line)
    {
        try
        {
            Utf8JsonReader reader = new(line.Span);
            bool isLine = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
            while (isLine && reader.Read() && reader.TokenType == JsonTokenType.PropertyName && !reader.ValueTextEquals("response"u8))
            {
                bool areFacts = reader.ValueTextEquals("ailib"u8);
                reader.Read();
                if (areFacts && reader.TokenType == JsonTokenType.StartObject)
                {
                    AddFacts(ref reader);
                }
                else
                {
                    reader.Skip();
                }
            }

            _answered += isLine ? 1 : 0;
            _unreadable += isLine ? 0 : 1;
        }
        catch (Exception damage) when (damage is JsonException or InvalidOperationException)
        {
            _unreadable++;
        }
    }

    /// <summary>Adds a line of the errors.</summary>
    public void AddError(ReadOnlyMemory<byte> line)
    {
        try
        {
            ResultRow row = ResultRowReader.Read(line);
            _failed++;
            (int?, string?) kind = (row.Status, row.ErrorCode is { } code ? Clean(code) : null);
            if (!_kinds.TryGetValue(kind, out (long Count, List<BatchErrorExample> Examples) known) && _kinds.Count >= MostKinds)
            {
                // A target that makes up a code for each error must not make up the page.
                kind = (null, "other");
                _kinds.TryGetValue(kind, out known);
            }

            List<BatchErrorExample> examples = known.Examples ?? [];
            if (examples.Count < MostExamples)
            {
                examples.Add(new BatchErrorExample { CustomId = Clean(row.CustomId), Message = Clean(row.ErrorMessage), Target = Clean(row.Target) });
            }

            _kinds[kind] = (known.Count + 1, examples);
        }
        catch (JsonException)
        {
            _unreadable++;
        }
    }

    /// <summary>The sum.</summary>
    public BatchTotals ToTotals() => new()
    {
        Answered = _answered,
        Failed = _failed,
        Copies = _copies,
        Unreadable = _unreadable,
        AnswersWithTokens = _withTokens,
        InputTokens = _inputTokens,
        OutputTokens = _outputTokens,
        AnswersWithCost = _withCost,
        CostUsd = _cost,
        AnsweredBy = _answeredBy,
        AttemptsOfAnswers = _attempts,
        Latency = _latencies.Count == 0 ? null : (Quantile(0.50), Quantile(0.90), Quantile(0.99), TimeSpan.FromMilliseconds(_longest)),
        ErrorKinds =
        [
            .. _kinds.OrderByDescending(kind => kind.Value.Count)
                .Select(kind => new BatchErrorKind { Status = kind.Key.Status, Code = kind.Key.Code, Count = kind.Value.Count, Examples = kind.Value.Examples }),
        ],
    };

    private static string? Clean(string? text)
    {
        if (text is null)
        {
            return null;
        }

        // Keys first: one that is cut in two is not known any more.
        string redacted = Redactor.Patterns.Redact(text);
        return redacted.Length <= LongestText ? redacted : redacted[..LongestText] + "…";
    }

    private void AddFacts(ref Utf8JsonReader reader)
    {
        long? input = null, output = null, latency = null, attempts = null;
        string? target = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string? name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "target" when reader.TokenType == JsonTokenType.String:
                    target = reader.GetString();
                    break;
                case "attempts":
                    attempts = Count(reader);
                    break;
                case "latency_ms":
                    latency = Count(reader);
                    break;
                case "input_tokens":
                    input = Count(reader);
                    break;
                case "output_tokens":
                    output = Count(reader);
                    break;
                case "cost_usd" when reader.TokenType == JsonTokenType.Number && reader.TryGetDecimal(out decimal cost) && cost is >= 0 and < 1e12m:
                    _withCost++;
                    _cost += cost;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        _copies += attempts == 0 ? 1 : 0;
        _withTokens += input is null && output is null ? 0 : 1;
        _inputTokens += input ?? 0;
        _outputTokens += output ?? 0;
        Increment(_attempts, attempts is { } made ? Math.Min(made, ExactBelow) : null);
        Increment(_latencies, latency is { } took ? Rounded(took) : null);
        _longest = Math.Max(_longest, latency ?? 0);
        if (target is not null && (_answeredBy.ContainsKey(target) || _answeredBy.Count < MostNames))
        {
            _answeredBy[target] = _answeredBy.GetValueOrDefault(target) + 1;
        }
    }

    private static long? Count(in Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number) && number is >= 0 and < 1_000_000_000_000 ? number : null;

    private static long Rounded(long milliseconds)
    {
        long unit = 1;
        while (milliseconds / unit >= ExactBelow)
        {
            unit *= 10;
        }

        // Upwards: a quantile is at most so long.
        return (milliseconds + unit - 1) / unit * unit;
    }

    private static void Increment(SortedDictionary<long, long> counts, long? key)
    {
        if (key is { } known)
        {
            counts[known] = counts.GetValueOrDefault(known) + 1;
        }
    }

    private TimeSpan Quantile(double share)
    {
        long rank = (long)Math.Ceiling(share * _latencies.Values.Sum());
        long passed = 0;
        foreach ((long milliseconds, long count) in _latencies)
        {
            passed += count;
            if (passed >= rank)
            {
                return TimeSpan.FromMilliseconds(Math.Min(milliseconds, _longest));
            }
        }

        return TimeSpan.FromMilliseconds(_longest);
    }
}
