using AiLib.Dataflow.Cli.Settings;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Cli.Targets;

/// <summary>A target as it is meant, with who said what of it; its keys have not been looked at.</summary>
/// <param name="Id">What it is called.</param>
/// <param name="Where">How a message about it begins.</param>
/// <param name="Provider">Who answers; null for the embedded simulator.</param>
internal sealed record TargetPlan(string Id, string Where, ProviderInfo? Provider)
{
    /// <summary>Who says which provider it is.</summary>
    public required string ProviderSource { get; init; }

    /// <summary>The model that it sets; null when requests keep theirs.</summary>
    public required Sourced<string?> Model { get; init; }

    /// <summary>The API root; null for the embedded simulator.</summary>
    public required Sourced<Uri?> Address { get; init; }

    /// <summary>The environment variables with its keys; several make a pool.</summary>
    public required Sourced<IReadOnlyList<string>> KeyVariables { get; init; }

    /// <summary>Whether its address may be in a private network.</summary>
    public required Sourced<bool> AllowPrivateNetwork { get; init; }

    /// <summary>Whether plain http is allowed beyond this machine.</summary>
    public required Sourced<bool> AllowInsecureHttp { get; init; }

    /// <summary>What it may be asked for; a limit that nobody set is not there, but for that in flight.</summary>
    public required IReadOnlyList<LimitSetting> Limits { get; init; }

    /// <summary>What it asks for LLM tokens; null when nobody said.</summary>
    public required Sourced<TokenPrices>? Prices { get; init; }

    /// <summary>Whether it has several keys, which share the work.</summary>
    public bool IsPool => KeyVariables.Value.Count > 1;

    /// <summary>Whether a key that is missing is a mistake: the provider asks for one, or somebody named its variable.</summary>
    public bool NeedsKey => Provider is { } provider && (provider.KeyRequired || KeyVariables.Source != Sources.BuiltIn);

    /// <summary>Who answers, whatever the target is called: <c>provider/model</c>, or <c>provider</c> where requests keep their model.</summary>
    public string WhoAnswers
    {
        get
        {
            string provider = Provider?.Id ?? TargetId.Simulator;
            return Model.Value is { } model ? $"{provider}/{model}" : provider;
        }
    }
}
