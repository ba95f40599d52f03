using System.CommandLine;
using AiLib.Dataflow.Cli.Settings;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Cli.Targets;

/// <summary>The options that say who answers, and what may be asked of him; every command about targets has them.</summary>
internal sealed class TargetArguments
{
    private readonly Option<string[]> _targets = new("--target")
    {
        Description = "Who answers: provider/model (sets the model of every request), provider, simulator, or a name in ailib.json. Repeat for the fallback order. Default: those of ailib.json.",
        HelpName = "ID",
    };

    private readonly Option<string?> _baseUrl = CommandOption.Text(
        "--base-url", "URL", "The API root in place of the provider's own, such as http://127.0.0.1:8000/v1.");
    private readonly Option<string[]> _keyVariables = new("--api-key-env")
    {
        Description = "The environment variable that holds the key, in place of the provider's own. Repeat for several keys, which share the work.",
        HelpName = "NAME",
    };

    private readonly Option<bool> _allowPrivateNetwork = CommandOption.Switch("--allow-private-network", "Allow an API root in a private network.");
    private readonly Option<bool> _allowInsecureHttp = CommandOption.Switch(
        "--allow-insecure-http", "Allow plain http beyond this machine; the key is then readable on the way.");
    private readonly Dictionary<Limit, Option<double?>> _limits = LimitTable.All.ToDictionary(limit => limit, limit => limit.ToOption());
    private readonly Option<TokenPrices?> _prices = CommandOption.Prices(
        "--price", "USD per million LLM tokens of input and output, such as 0.15/0.60, for each target; IN/CACHED/OUT where cached input has a price of its own. Default: unknown.");

    /// <summary>Makes the options, with what a shell offers for them.</summary>
    public TargetArguments()
    {
        CommandOption.Completes(_targets, [.. ProviderCatalog.All.Select(provider => provider.Id), TargetId.Simulator]);
        CommandOption.Completes(_limits[LimitTable.MaxInflight], "auto");
    }

    /// <summary>Those that a variable and the file can stand for.</summary>
    public IEnumerable<Option> Settable => [.. _limits.Values, _prices];

    /// <summary>Gives a command the options.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _targets, _baseUrl, _keyVariables, _allowPrivateNetwork, _allowInsecureHttp }.Concat(Settable))
        {
            command.Add(option);
        }
    }

    /// <summary>The targets as they are meant, in fallback order.</summary>
    /// <param name="layers">Who says what.</param>
    /// <param name="problems">Gets what is wrong.</param>
    public TargetPlans Read(SettingLayers layers, List<string> problems)
    {
        ParseResult parsed = layers.Parsed;
        TargetPlanner planner = new(layers, problems)
        {
            Targets = parsed.GetValue(_targets) ?? [],
            BaseUrl = parsed.GetValue(_baseUrl),
            KeyVariables = parsed.GetValue(_keyVariables) ?? [],
            AllowPrivateNetwork = parsed.GetValue(_allowPrivateNetwork),
            AllowInsecureHttp = parsed.GetValue(_allowInsecureHttp),
            Limits = _limits,
            Prices = _prices,
        };
        return planner.Plan();
    }
}
