namespace AiLib.Dataflow.Providers.Estimates;

/// <summary>Which output a provider counts against its limits.</summary>
public enum OutputCounting
{
    /// <summary>The most that may be answered, counted when the request arrives and never given back.</summary>
    Bound,

    /// <summary>What was really answered.</summary>
    Real,
}
