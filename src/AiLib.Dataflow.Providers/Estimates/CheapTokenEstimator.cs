namespace AiLib.Dataflow.Providers.Estimates;

/// <summary><see cref="TokenEstimator"/> where an estimator is chosen: characters are weighed, nothing is loaded. What is used unless another is asked for.</summary>
/// <remarks>Stateless; safe for use by several threads.</remarks>
public sealed class CheapTokenEstimator : ITokenEstimator
{
    private CheapTokenEstimator()
    {
    }

    /// <summary>The one there is.</summary>
    public static CheapTokenEstimator Instance { get; } = new();

    /// <inheritdoc/>
    public string Name => "cheap";

    /// <inheritdoc/>
    public TokenEstimate Estimate(string path, ReadOnlySpan<byte> body) => TokenEstimator.Estimate(path, body);
}
