using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Cli.Targets;

/// <summary>Turns targets as they are meant into targets that can be called, or into all that is wrong with them.</summary>
internal static class TargetList
{
    /// <summary>Each target, or one for each of its keys.</summary>
    /// <param name="plans">The targets as they are meant.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <param name="problems">Gets what is wrong. No key's value is in it.</param>
    public static IReadOnlyList<Target> Resolve(TargetPlans plans, Func<string, string?> environment, List<string> problems) =>
        [.. plans.All.SelectMany(plan => Resolve(plan, environment, problems))];

    private static IReadOnlyList<Target> Resolve(TargetPlan plan, Func<string, string?> environment, List<string> problems)
    {
        if (plan.Provider is not { } provider)
        {
            return [new Target(plan, Options: null)];
        }

        IReadOnlyList<string> variables = plan.KeyVariables.Value;
        if (!plan.IsPool)
        {
            return ToTarget(plan.Id, variables[0]) is { } target ? [target] : [];
        }

        // Named by the variable, which is what a user has to look at when one is refused.
        return [.. variables.Select(variable => ToTarget($"{plan.Id}#{variable}", variable)).OfType<Target>().Select(member => member with { Pool = plan.Id })];

        Target? ToTarget(string ownId, string variable)
        {
            Secret? key = ReadKey(plan, variable, environment, problems);
            return plan.Address.Value is not { } address || (key is null && provider.KeyRequired)
                ? null
                : Check(new Target(plan, ProviderEndpointOptions.For(provider, key, address) with
                {
                    AllowPrivateNetwork = plan.AllowPrivateNetwork.Value,
                    AllowInsecureHttp = plan.AllowInsecureHttp.Value,
                })
                {
                    Id = ownId,
                }, problems);
        }
    }

    private static Secret? ReadKey(TargetPlan plan, string variable, Func<string, string?> environment, List<string> problems)
    {
        try
        {
            if (!Secret.TryFromEnvironment(variable, out Secret? key, environment) && plan.NeedsKey)
            {
                problems.Add($"{plan.Where} needs a key, and the environment variable {variable} is not set.");
            }

            return key;
        }
        catch (ArgumentException unusable)
        {
            // Names the variable, never its value.
            problems.Add($"{plan.Where}: {unusable.Message}");
            return null;
        }
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
            problems.Add($"{target.Plan.Where}: {InWordsOfTheCommandLine(wrong)}");
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
