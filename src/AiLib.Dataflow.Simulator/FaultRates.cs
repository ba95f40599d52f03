using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using AiLib.Dataflow.Simulator.Faults;

namespace AiLib.Dataflow.Simulator;

/// <summary>Which share of the requests fails, by kind of fault. Immutable.</summary>
public sealed class FaultRates
{
    // A sum of decimal fractions such as ten times 0.1 must not be refused for its last bit.
    private const double Tolerance = 1e-9;

    // Never written after construction.
    private readonly double[] _rates;

    private FaultRates(double[] rates)
    {
        _rates = rates;
        Total = Math.Min(1, rates.Sum());
    }

    /// <summary>No faults.</summary>
    public static FaultRates None { get; } = new(new double[FaultNames.Count]);

    /// <summary>The share of requests that fails in any way, 0 to 1.</summary>
    public double Total { get; }

    /// <summary>The share of requests that fails in this way, 0 to 1.</summary>
    /// <param name="kind">The kind of fault.</param>
    public double this[FaultKind kind] => _rates[IndexOf(kind)];

    /// <summary>Reads a list such as <c>429=0.1,500=0.05,reset=0.02</c>; an empty text means no faults.</summary>
    /// <param name="text">Names and shares; the shares are from 0 to 1 and their sum is at most 1.</param>
    /// <exception cref="FormatException">The text cannot be read; the message says which part and what is allowed.</exception>
    public static FaultRates Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out FaultRates? rates, out string? error) ? rates : throw new FormatException(error);
    }

    /// <summary>Reads a list such as <c>429=0.1,500=0.05,reset=0.02</c> without throwing.</summary>
    /// <param name="text">Names and shares; null and empty mean no faults.</param>
    /// <param name="rates">The rates, when the text can be read.</param>
    /// <param name="error">Which part is wrong and what is allowed, when it cannot.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out FaultRates? rates, [NotNullWhen(false)] out string? error)
    {
        rates = null;
        double[] shares = new double[FaultNames.Count];
        bool[] seen = new bool[FaultNames.Count];
        foreach (string part in (text ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            // An empty list is fine, an empty part between two commas is a slip of the pen.
            if (part.Length == 0 && string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            error = ReadPart(part, shares, seen);
            if (error is not null)
            {
                return false;
            }
        }

        double total = shares.Sum();
        if (total > 1 + Tolerance)
        {
            error = string.Create(CultureInfo.InvariantCulture, $"The fault rates \"{text}\" add up to {total:0.######}; at most 1 is possible.");
            return false;
        }

        rates = new FaultRates(shares);
        error = null;
        return true;
    }

    /// <summary>The same rates with one of them changed.</summary>
    /// <param name="kind">The kind of fault.</param>
    /// <param name="rate">The share of requests, 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is not from 0 to 1, or the sum would exceed 1.</exception>
    public FaultRates With(FaultKind kind, double rate)
    {
        double[] changed = [.. _rates];
        changed[IndexOf(kind)] = rate;
        if (rate is not (>= 0 and <= 1) || changed.Sum() > 1 + Tolerance)
        {
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "A fault rate is from 0 to 1, and so is the sum of all.");
        }

        return new FaultRates(changed);
    }

    /// <summary>The text that <see cref="Parse"/> reads; empty when there are no faults.</summary>
    public override string ToString() => string.Join(',', _rates
        .Select(static (rate, index) => (Rate: rate, Kind: (FaultKind)index))
        .Where(static entry => entry.Rate > 0)
        .Select(static entry => string.Create(CultureInfo.InvariantCulture, $"{FaultNames.NameOf(entry.Kind)}={entry.Rate:R}")));

    /// <summary>The kind that a uniform number from 0 (inclusive) to 1 (exclusive) selects, or null for none.</summary>
    internal FaultKind? Select(double uniform)
    {
        if (uniform >= Total)
        {
            return null;
        }

        double edge = 0;
        int last = 0;
        for (int index = 0; index < _rates.Length; index++)
        {
            if (_rates[index] <= 0)
            {
                continue;
            }

            edge += _rates[index];
            last = index;
            if (uniform < edge)
            {
                return (FaultKind)index;
            }
        }

        // Only rounding gets here: the number lies between the summed edge and the total.
        return (FaultKind)last;
    }

    private static string? ReadPart(string part, double[] shares, bool[] seen)
    {
        int equals = part.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            return $"Cannot read the fault \"{part}\": write name=rate, such as 429=0.1. Names: {FaultNames.List}.";
        }

        ReadOnlySpan<char> name = part.AsSpan(0, equals).Trim();
        ReadOnlySpan<char> value = part.AsSpan(equals + 1).Trim();
        if (!FaultNames.TryFind(name, out FaultKind kind))
        {
            return $"Unknown fault \"{name}\" in \"{part}\". Names: {FaultNames.List}.";
        }

        if (!double.TryParse(value, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out double rate) || rate is not (>= 0 and <= 1))
        {
            return $"The rate \"{value}\" in \"{part}\" is not a number from 0 to 1.";
        }

        if (seen[(int)kind])
        {
            return $"The fault \"{name}\" is given twice.";
        }

        seen[(int)kind] = true;
        shares[(int)kind] = rate;
        return null;
    }

    private static int IndexOf(FaultKind kind) => (int)kind >= 0 && (int)kind < FaultNames.Count
        ? (int)kind
        : throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of fault.");
}
