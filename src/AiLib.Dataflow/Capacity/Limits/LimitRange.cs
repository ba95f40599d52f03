namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>Where a limit begins and between which bounds it moves.</summary>
internal readonly record struct LimitRange(int Initial, int Min, int Max)
{
    /// <summary>No limit is higher.</summary>
    public const int Most = 1_000_000;

    /// <summary>The whole number within the bounds that a computed limit stands for.</summary>
    public int Clamp(double limit) => limit >= Max ? Max : limit <= Min ? Min : (int)limit;

    /// <summary>Says what is wrong with the range.</summary>
    public void Check(SettingsCheck check, string options)
    {
        check.Range(options + ".Initial", Initial, 1, Most);
        check.Range(options + ".Min", Min, 1, Most);
        check.Range(options + ".Max", Max, 1, Most);
        if (Min > Max)
        {
            check.Add($"{options}.Min ({Min}) is greater than {options}.Max ({Max}); lower the one or raise the other.");
        }
        else if (Initial < Min || Initial > Max)
        {
            check.Add($"{options}.Initial ({Initial}) lies outside {options}.Min ({Min}) and {options}.Max ({Max}); set it between them.");
        }
    }
}
