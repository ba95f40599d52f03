namespace AiLib.Dataflow.Providers.Estimates;

/// <summary>Says what a request costs in LLM tokens before it is sent: <see cref="CheapTokenEstimator"/>, or one with a vocabulary.</summary>
/// <remarks>Called by several threads at once. It must not throw at what a body says, and must give the same estimate for the same request.</remarks>
public interface ITokenEstimator
{
    /// <summary>What it counts with, such as <c>o200k_base</c>, for messages.</summary>
    string Name { get; }

    /// <summary>Estimates a request.</summary>
    /// <param name="path">The operation, one of <see cref="ProviderPaths.All"/>; another one is taken for a chat.</param>
    /// <param name="body">The JSON body in UTF-8: any bytes.</param>
    TokenEstimate Estimate(string path, ReadOnlySpan<byte> body);
}
