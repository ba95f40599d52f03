using System.Globalization;

namespace AiLib.Dataflow.Cli;

/// <summary>Money for people: cents from a dollar on, below it four digits that say something.</summary>
internal static class UsdText
{
    private const int Digits = 4;

    /// <summary>An amount of USD.</summary>
    public static string Of(decimal amount)
    {
        if (amount is 0 or >= 1 or <= -1)
        {
            return string.Create(CultureInfo.InvariantCulture, $"${amount:N2}");
        }

        int decimals = Digits;
        for (decimal rest = Math.Abs(amount); rest < 0.1m && decimals < 12; rest *= 10)
        {
            decimals++;
        }

        string text = Math.Round(amount, decimals).ToString("0.00##########", CultureInfo.InvariantCulture);
        return "$" + text;
    }
}
