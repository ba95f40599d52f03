using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Cli.Run;

/// <summary>Turns what the command line says about targets into targets, or into all that is wrong with it at once.</summary>
internal static class TargetList
{
    /// <summary>The provider that lives in this tool.</summary>
    public const string Simulator = "simulator";

    private const string Compatible = "compatible";

    /// <summary>The targets in fallback order.</summary>
    /// <param name="settings">What the command line says.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <exception cref="ConfigurationException">Something is missing or cannot be meant. No key's value is in the message.</exception>
    public static IReadOnlyList<Target> Resolve(RunSettings settings, Func<string, string?> environment)
    {
        List<string> problems = [];
        IReadOnlyList<string> ids = settings.Targets.Count == 0 && settings.BaseUrl is not null ? [Compatible] : settings.Targets;
        if (ids.Count == 0)
        {
            problems.Add("There is no target; give --target provider/model, --target provider, --target simulator, or --base-url.");
        }

        foreach (string id in ids.GroupBy(id => id, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key))
        {
            problems.Add($"--target {id} is given twice; once is enough.");
        }

        if (ids.Count > 1 && (settings.BaseUrl is not null || settings.KeyVariables.Count > 0))
        {
            problems.Add("--base-url and --api-key-env are for one target, and there are several; leave them out, or run with one target.");
        }

        CheckPool(settings, problems);
        Uri? baseAddress = ReadBaseUrl(settings.BaseUrl, problems);
        List<Target> targets = [.. ids.SelectMany(id => ResolveOne(id, settings, baseAddress, environment, problems))];
        if (problems.Count == 0 && !targets.Exists(target => target.IsEmbedded)
            && (settings.Faults is not null || settings.Seed is not null || settings.Latency is not null))
        {
            problems.Add("--faults, --seed and --latency are for the embedded simulator; add --target simulator, or leave them out.");
        }

        return problems.Count == 0 ? [.. targets.Select(target => target with { Prices = settings.Prices })] : throw new ConfigurationException(problems);
    }

    private static void CheckPool(RunSettings settings, List<string> problems)
    {
        foreach (IGrouping<string, string> twins in settings.KeyVariables.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            problems.Add($"--api-key-env {twins.Key} is given twice; once is enough.");
        }

        if (settings.KeyVariables.Count < 2 && (settings.PoolRequestsPerMinute ?? settings.PoolTokensPerMinute) is not null)
        {
            problems.Add("--pool-rpm and --pool-tpm are for several keys together; repeat --api-key-env, or use --rpm and --tpm.");
        }
    }

    /// <summary>One target, or one for each of its keys.</summary>
    private static IReadOnlyList<Target> ResolveOne(string id, RunSettings settings, Uri? baseAddress, Func<string, string?> environment, List<string> problems)
    {
        int slash = id.IndexOf('/', StringComparison.Ordinal);
        string name = slash < 0 ? id : id[..slash];
        string? model = slash < 0 ? null : id[(slash + 1)..];
        if (model is "")
        {
            problems.Add($"--target {id} has no model behind the slash; write {name}/MODEL, or {name} to leave each request's model as it is.");
            return [];
        }

        bool isSimulator = string.Equals(name, Simulator, StringComparison.OrdinalIgnoreCase);
        if (isSimulator && settings.BaseUrl is null)
        {
            return [new Target(id, Options: null, model)];
        }

        ProviderInfo? provider = isSimulator
            ? new ProviderInfo(Simulator, BaseAddress: null, "SIMULATOR_API_KEY", Dialect.OpenAI, KeyRequired: false)
            : null;
        if (provider is null && !ProviderCatalog.TryFind(name, out provider))
        {
            problems.Add($"--target {id}: there is no provider '{name}'; there are {string.Join(", ", ProviderCatalog.All.Select(known => known.Id))} and {Simulator}.");
            return [];
        }

        if (provider.NeedsBaseAddress && settings.BaseUrl is null)
        {
            problems.Add($"--target {id}: {provider.Id} has no address of its own; give --base-url.");
        }

        Uri? address = baseAddress ?? provider.BaseAddress;
        if (settings.KeyVariables.Count < 2)
        {
            return ToTarget(id, settings.KeyVariables.Count == 0 ? null : settings.KeyVariables[0]) is { } target ? [target] : [];
        }

        // Named by the variable, which is what a user has to look at when one is refused.
        return [.. settings.KeyVariables.Select(variable => ToTarget($"{id}#{variable}", variable)).OfType<Target>().Select(member => member with { Pool = id })];

        Target? ToTarget(string ownId, string? variable)
        {
            Secret? key = ReadKey(id, provider, variable, environment, problems);
            return address is null || (key is null && provider.KeyRequired)
                ? null
                : Check(new Target(ownId, ProviderEndpointOptions.For(provider, key, address) with
                {
                    AllowPrivateNetwork = settings.AllowPrivateNetwork,
                    AllowInsecureHttp = settings.AllowInsecureHttp,
                }, model), problems);
        }
    }

    private static Secret? ReadKey(string id, ProviderInfo provider, string? named, Func<string, string?> environment, List<string> problems)
    {
        string variable = named ?? provider.KeyVariable;
        try
        {
            if (!Secret.TryFromEnvironment(variable, out Secret? key, environment) && (provider.KeyRequired || named is not null))
            {
                problems.Add($"--target {id} needs a key, and the environment variable {variable} is not set.");
            }

            return key;
        }
        catch (ArgumentException unusable)
        {
            // Names the variable, never its value.
            problems.Add($"--target {id}: {unusable.Message}");
            return null;
        }
    }

    private static Uri? ReadBaseUrl(string? text, List<string> problems)
    {
        if (text is null || (Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"))
        {
            return text is null ? null : new Uri(text);
        }

        problems.Add("--base-url is not an http or https address; write the API root, such as http://127.0.0.1:8000/v1.");
        return null;
    }

    /// <summary>Makes the endpoint once for its checks; it opens no connection.</summary>
    private static Target? Check(Target target, List<string> problems)
    {
        try
        {
            new ProviderEndpoint(target.Reach(simulator: null)).Dispose();
            return target;
        }
        catch (ArgumentException wrong)
        {
            problems.Add($"--target {target.Id}: {InWordsOfTheCommandLine(wrong)}");
            return null;
        }
    }

    /// <summary>The library names its options; a user of the tool knows them by other names.</summary>
    private static string InWordsOfTheCommandLine(ArgumentException wrong)
    {
        string message = wrong.ParamName is null ? wrong.Message : wrong.Message.Replace($" (Parameter '{wrong.ParamName}')", "", StringComparison.Ordinal);
        return message
            .Replace(nameof(ProviderEndpointOptions.BaseAddress), "--base-url", StringComparison.Ordinal)
            .Replace(nameof(ProviderEndpointOptions.AllowInsecureHttp), "--allow-insecure-http", StringComparison.Ordinal)
            .Replace(nameof(ProviderEndpointOptions.AllowPrivateNetwork), "--allow-private-network", StringComparison.Ordinal);
    }
}
