using System.CommandLine;
using AiLib.Dataflow.Cli.Config;
using AiLib.Dataflow.Cli.Settings;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Cli.Targets;

/// <summary>Puts together what the command line, the environment and the configuration file say of the targets, or says all that is wrong with it.</summary>
/// <param name="layers">Who says what.</param>
/// <param name="problems">Gets what is wrong. No key's value is in it.</param>
internal sealed class TargetPlanner(SettingLayers layers, List<string> problems)
{
    private const string Compatible = "compatible";

    /// <summary>The ids that the command line gives.</summary>
    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>The API root that it gives.</summary>
    public required string? BaseUrl { get; init; }

    /// <summary>The variables of keys that it gives.</summary>
    public required IReadOnlyList<string> KeyVariables { get; init; }

    /// <summary>Whether it allows private networks.</summary>
    public required bool AllowPrivateNetwork { get; init; }

    /// <summary>Whether it allows plain http.</summary>
    public required bool AllowInsecureHttp { get; init; }

    /// <summary>The options of the limits.</summary>
    public required IReadOnlyDictionary<Limit, Option<double?>> Limits { get; init; }

    /// <summary>The option of the prices.</summary>
    public required Option<TokenPrices?> Prices { get; init; }

    private ConfigFile? Config => layers.Config;

    /// <summary>The targets in fallback order.</summary>
    public TargetPlans Plan()
    {
        (IReadOnlyList<string> ids, string source) = Order();
        if (ids.Count == 0)
        {
            problems.Add($"There is no target; give --target provider/model, --target provider, --target simulator, or --base-url, or list targets in {ConfigFile.DefaultName}.");
        }

        Twice("--target", Targets);
        Twice("--api-key-env", KeyVariables);
        if (ids.Count > 1 && (BaseUrl is not null || KeyVariables.Count > 0))
        {
            problems.Add("--base-url and --api-key-env are for one target, and there are several; leave them out, or run with one target.");
        }

        Sourced<Uri?>? baseUrl = BaseUrl is null ? null : ReadBaseUrl();
        return new TargetPlans([.. ids.Distinct(StringComparer.Ordinal).Select(id => PlanOne(id, baseUrl)).OfType<TargetPlan>()], source);
    }

    private (IReadOnlyList<string> Ids, string Source) Order() =>
        Targets.Count > 0 ? (Targets, "--target")
        : BaseUrl is not null ? ([Compatible], "--base-url")
        : Config?.Fallback is { } fallback ? (fallback.Value, Config.At(fallback.Line))
        : Config is { Targets.Count: > 0 } ? ([.. Config.Targets.Select(target => target.Name)], Config.At(Config.TargetsLine))
        : ([], Sources.BuiltIn);

    private void Twice(string option, IReadOnlyList<string> values)
    {
        foreach (IGrouping<string, string> twins in values.GroupBy(value => value, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            problems.Add($"{option} {twins.Key} is given twice; once is enough.");
        }
    }

    private TargetPlan? PlanOne(string id, Sourced<Uri?>? baseUrl)
    {
        ConfigTarget? entry = Config?.Targets.FirstOrDefault(target => target.Name == id);
        string where = Targets.Count > 0 || entry is null ? $"--target {id}" : $"{Config!.At(entry.Line)}: target {id}";
        string idSource = Targets.Count > 0 && entry is null ? "--target" : entry is null ? "--base-url" : Config!.At(entry.Line);
        TargetId named = TargetId.Of(id);
        TargetId who = entry?.Provider is { } given ? named with { Provider = given.Value } : named;
        if (named is { Model: "" })
        {
            problems.Add($"{where} has no model behind the slash; write {named.Provider}/MODEL, or {named.Provider} to leave each request's model as it is.");
            return null;
        }

        Sourced<Uri?>? said = baseUrl ?? (entry?.BaseUrl is { } root ? new Sourced<Uri?>(root.Value, Config!.At(root.Line)) : null);
        if (!who.TryFindProvider(said is not null, out ProviderInfo? provider))
        {
            problems.Add($"{where}: there is no provider '{who.Provider}'; there are {TargetId.AllProviders}{Configured()}.");
            return null;
        }

        if (provider is { NeedsBaseAddress: true } && said is null)
        {
            problems.Add($"{where}: {provider.Id} has no address of its own; give --base-url, or \"base_url\" in {ConfigFile.DefaultName}.");
        }

        TargetPlan plan = new(id, where, provider)
        {
            ProviderSource = entry?.Provider is { } by ? Config!.At(by.Line) : idSource,
            Model = entry?.Model is { } model ? new Sourced<string?>(model.Value, Config!.At(model.Line))
                : named is { IsKnownProvider: true, Model: { } behindSlash } ? new Sourced<string?>(behindSlash, idSource)
                : new Sourced<string?>(null, Sources.BuiltIn),
            Address = said.Or(provider?.BaseAddress),
            KeyVariables = KeyVariables.Count > 0 ? new Sourced<IReadOnlyList<string>>(KeyVariables, "--api-key-env")
                : From(entry?.KeyVariables).Or(provider is null ? [] : [provider.KeyVariable]),
            AllowPrivateNetwork = Switch(AllowPrivateNetwork, "--allow-private-network", entry?.AllowPrivateNetwork),
            AllowInsecureHttp = Switch(AllowInsecureHttp, "--allow-insecure-http", entry?.AllowInsecureHttp),
            Limits = [],
            Prices = Said(Prices, entry?.Prices),
        };
        List<LimitSetting> limits = [.. LimitTable.All.Select(limit => LimitOf(limit, entry, plan)).OfType<LimitSetting>()];
        limits.RemoveAll(burst => IsOfNoLimit(burst, limits, entry, plan));
        plan = plan with { Limits = limits };
        RefuseFound(plan, entry);
        return plan;
    }

    private LimitSetting? LimitOf(Limit limit, ConfigTarget? entry, TargetPlan plan)
    {
        Option<double?> option = Limits[limit];
        Sourced<double>? own = From(entry?.Limits.GetValueOrDefault(limit));
        Sourced<double>? said = WithValue(layers.OverTargets(option, limit.ReadVariable)) ?? own ?? WithValue(layers.UnderTargets(option));
        if (limit.Apply is null && !plan.IsPool)
        {
            // What is said for all targets, or for all runs, is for those that have several keys.
            if (said is not null && (said == own || said.Source == option.Name))
            {
                problems.Add($"{plan.Where}: {(said == own ? $"{said.Source}: {limit.Key}" : option.Name)} is for several keys together; repeat --api-key-env, "
                    + "list several names in \"api_key_env\", or use the limit of one key.");
            }

            return null;
        }

        if (said is null && limit == LimitTable.MaxInflight)
        {
            said = new Sourced<double>(LimitTable.Auto, Sources.BuiltIn);
        }

        return said is null ? null : new LimitSetting(limit, said);
    }

    /// <summary>Whether it says how much of a limit may go at once, and there is no such limit: wrong where it was said of this target, and of no account where it was said of all.</summary>
    private bool IsOfNoLimit(LimitSetting burst, List<LimitSetting> limits, ConfigTarget? entry, TargetPlan plan)
    {
        if (burst.Limit.BurstOf.Count == 0 || limits.Exists(limit => burst.Limit.BurstOf.Contains(limit.Limit.Key, StringComparer.Ordinal)))
        {
            return false;
        }

        bool isOwn = From(entry?.Limits.GetValueOrDefault(burst.Limit)) == burst.Said;
        if (isOwn || burst.Said.Source == burst.Limit.OptionName)
        {
            problems.Add($"{plan.Where}: {(isOwn ? $"{burst.Said.Source}: {burst.Limit.Key}" : burst.Limit.OptionName)} says how much may go at once of a limit that is not set; "
                + $"set {string.Join(" or ", burst.Limit.BurstOf)}, or leave it out.");
        }

        return true;
    }

    /// <summary>
    /// A file that lies in a directory is not always the user's own, even if it belongs to him: it may have come with a checkout. To run there must not be enough to send
    /// requests and keys somewhere.
    /// </summary>
    private void RefuseFound(TargetPlan plan, ConfigTarget? entry)
    {
        if (Config is not { IsNamed: false } || entry is null)
        {
            return;
        }

        string ifMeant = $"a file that was only found in this directory cannot say that; if it is meant, name the file: --config {Config.Name}, or {ConfigFile.Variable}";
        if (entry.BaseUrl is { } root && plan.Address.Source == Config.At(root.Line) && !root.Value.IsLoopback
            && plan.Provider?.BaseAddress?.GetLeftPart(UriPartial.Authority) != root.Value.GetLeftPart(UriPartial.Authority))
        {
            problems.Add($"{Config.At(root.Line)}: base_url would send requests, and a key, to {root.Value.Authority}: {ifMeant}.");
        }

        foreach ((string key, Located<bool>? allowed) in new[] { ("allow_private_network", entry.AllowPrivateNetwork), ("allow_insecure_http", entry.AllowInsecureHttp) })
        {
            if (allowed is { Value: true })
            {
                problems.Add($"{Config.At(allowed.Line)}: {key}: {ifMeant}.");
            }
        }
    }

    private string Configured() => Config is { Targets.Count: > 0 } ? $", and in {Config.Name} {string.Join(", ", Config.Targets.Select(target => target.Name))}" : "";

    private Sourced<bool> Switch(bool isGiven, string option, Located<bool>? said) => isGiven ? new Sourced<bool>(true, option) : From(said).Or(false);

    private Sourced<T>? Said<T>(Option<T?> option, Located<T>? own)
        where T : class =>
        layers.OverTargets(option) is { Value: { } over } first ? new Sourced<T>(over, first.Source)
        : From(own) ?? (layers.UnderTargets(option) is { Value: { } under } last ? new Sourced<T>(under, last.Source) : null);

    private static Sourced<double>? WithValue(Sourced<double?>? said) => said is { Value: { } value } ? new Sourced<double>(value, said.Source) : null;

    private Sourced<T>? From<T>(Located<T>? said) => said is null ? null : new Sourced<T>(said.Value, Config!.At(said.Line));

    private Sourced<Uri?>? ReadBaseUrl()
    {
        if (Uri.TryCreate(BaseUrl, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https")
        {
            return new Sourced<Uri?>(address, "--base-url");
        }

        problems.Add("--base-url is not an http or https address; write the API root, such as http://127.0.0.1:8000/v1.");
        return new Sourced<Uri?>(null, "--base-url");
    }
}
