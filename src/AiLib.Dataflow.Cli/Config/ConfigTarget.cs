using AiLib.Dataflow.Cli.Targets;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Cli.Config;

/// <summary>A target of a configuration file. Null is what it does not say.</summary>
/// <param name="Name">What <c>--target</c> calls it.</param>
/// <param name="Line">Where it stands.</param>
internal sealed record ConfigTarget(string Name, int Line)
{
    /// <summary>The provider, when the name does not begin with it.</summary>
    public Located<string>? Provider { get; init; }

    /// <summary>The model, when it does not stand in the name.</summary>
    public Located<string>? Model { get; init; }

    /// <summary>The API root.</summary>
    public Located<Uri>? BaseUrl { get; init; }

    /// <summary>The environment variables with the keys.</summary>
    public Located<IReadOnlyList<string>>? KeyVariables { get; init; }

    /// <summary>Whether the API root may be in a private network.</summary>
    public Located<bool>? AllowPrivateNetwork { get; init; }

    /// <summary>Whether plain http is allowed beyond this machine.</summary>
    public Located<bool>? AllowInsecureHttp { get; init; }

    /// <summary>What it may be asked for.</summary>
    public IReadOnlyDictionary<Limit, Located<double>> Limits { get; init; } = new Dictionary<Limit, Located<double>>();

    /// <summary>What it asks for LLM tokens.</summary>
    public Located<TokenPrices>? Prices { get; init; }
}
