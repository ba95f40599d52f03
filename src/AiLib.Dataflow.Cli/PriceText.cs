using System.Globalization;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Cli;

/// <summary>Prices as they stand on a command line: USD per million LLM tokens of input and output, such as <c>0.15/0.60</c>, with that of cached input between them.</summary>
internal static class PriceText
{
    /// <summary>What to write, for messages.</summary>
    public const string Form = "USD per million LLM tokens as INPUT/OUTPUT or INPUT/CACHED/OUTPUT, such as 0.15/0.60";

    /// <summary>Reads prices.</summary>
    public static bool TryParse(string text, out TokenPrices? prices)
    {
        prices = null;
        List<decimal> found = [];
        foreach (string part in text.Split('/'))
        {
            if (!decimal.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal price) || price > TokenPrices.Most)
            {
                return false;
            }

            found.Add(price);
        }

        prices = found switch
        {
            [var input, var output] => new TokenPrices(input, output),
            [var input, var cached, var output] => new TokenPrices(input, output, cached),
            _ => null,
        };
        return prices is not null;
    }

    /// <summary>The prices as they can be written.</summary>
    public static string Of(TokenPrices prices) => prices.CachedInput == prices.Input
        ? string.Create(CultureInfo.InvariantCulture, $"{prices.Input}/{prices.Output}")
        : string.Create(CultureInfo.InvariantCulture, $"{prices.Input}/{prices.CachedInput}/{prices.Output}");
}
