namespace AiLib.Dataflow.Providers.Estimates;

/// <summary>Which tokens a provider has limits for.</summary>
public enum TokenLimits
{
    /// <summary>One limit for input and output together.</summary>
    Together,

    /// <summary>A limit for input and another one for output.</summary>
    Apart,

    /// <summary>A limit for input; output is not limited.</summary>
    InputOnly,
}
