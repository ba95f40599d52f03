namespace AiLib.Dataflow.Providers.Quotas;

/// <summary>The windows in which providers count.</summary>
internal static class QuotaWindows
{
    public static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    public static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>30 days: no provider says which days it means.</summary>
    public static readonly TimeSpan Month = TimeSpan.FromDays(30);
}
