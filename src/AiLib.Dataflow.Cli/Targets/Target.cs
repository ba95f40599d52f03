using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Cli.Targets;

/// <summary>One target of a run: complete and checked, but for the address of a simulator that has not been started.</summary>
/// <param name="Plan">What it is meant to be.</param>
/// <param name="Options">Where it is and with which key; null for the embedded simulator.</param>
internal sealed record Target(TargetPlan Plan, ProviderEndpointOptions? Options)
{
    /// <summary>What it is called: as it was written, and in a pool with the variable of its key.</summary>
    public string Id { get; init; } = Plan.Id;

    /// <summary>The pool that it is a member of, with one key of several; null for a target of its own.</summary>
    public string? Pool { get; init; }

    /// <summary>The model that it sets; null when requests keep theirs.</summary>
    public string? Model => Plan.Model.Value;

    /// <summary>What it asks for LLM tokens; null when nobody said.</summary>
    public TokenPrices? Prices => Plan.Prices?.Value;

    /// <summary>Says what a request takes there in LLM tokens before it is sent.</summary>
    public ITokenEstimator Estimator { get; init; } = CheapTokenEstimator.Instance;

    /// <summary>What it counts against its limits on tokens. The simulator counts on arrival, and so does, as far as anyone knows, an unknown provider.</summary>
    public QuotaCounting Counting => Plan.Provider?.Counting ?? QuotaCounting.OnArrival;

    /// <summary>Whether the embedded simulator answers.</summary>
    public bool IsEmbedded => Options is null;

    /// <summary>How to reach it.</summary>
    /// <param name="simulator">The address of the embedded simulator, where one runs.</param>
    public ProviderEndpointOptions Reach(Uri? simulator) =>
        (Options ?? new ProviderEndpointOptions { BaseAddress = simulator!, ProviderId = TargetId.Simulator }) with { Model = Model };
}
