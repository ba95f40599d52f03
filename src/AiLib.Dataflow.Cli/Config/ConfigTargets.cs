using System.Text.RegularExpressions;
using AiLib.Dataflow.Cli.Targets;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Cli.Config;

/// <summary>Reads the targets of a configuration file.</summary>
internal static partial class ConfigTargets
{
    private static readonly string[] NeededPrices = ["input", "output"];

    /// <summary>The targets in the order in which they stand.</summary>
    /// <param name="list">The value of <c>targets</c>.</param>
    /// <param name="problems">Gets what is wrong.</param>
    public static IReadOnlyList<ConfigTarget> Read(ConfigNode list, ConfigProblems problems)
    {
        if (list.Kind != ConfigKind.List)
        {
            problems.AddWrong(list, "it must be a list in brackets");
            return [];
        }

        List<ConfigTarget> targets = [.. list.Items.Select(item => ReadOne(item, problems)).OfType<ConfigTarget>()];
        foreach (ConfigTarget[] twins in targets.GroupBy(target => target.Name, StringComparer.Ordinal).Select(group => group.ToArray()).Where(group => group.Length > 1))
        {
            problems.Add(twins[1].Line, list.Path, FormattableString.Invariant(
                $"the target '{twins[0].Name}' stands in line {twins[0].Line} already; give one of the two another \"name\", with \"provider\" and \"model\""));
        }

        return targets;
    }

    private static ConfigTarget? ReadOne(ConfigNode node, ConfigProblems problems)
    {
        ConfigObject target = new(
            node, problems, "name", "provider", "model", "base_url", "api_key_env", "allow_private_network", "allow_insecure_http", "limits", "prices");
        if (target.IsObject && target.Find("name") is null)
        {
            problems.Add(node, "it has no \"name\"; give it one, such as \"openai/gpt-4o-mini\"");
        }

        if (target.Text("name") is not { } name)
        {
            return null;
        }

        if (name.Value.AsSpan().ContainsAny(',', '#'))
        {
            problems.AddWrong(target.Find("name")!, "it must not have a comma or a # in it, which mean something where targets are listed");
        }

        ConfigTarget read = new(name.Value, node.Line)
        {
            Provider = target.Text("provider"),
            Model = target.Text("model"),
            BaseUrl = ReadBaseUrl(target, problems),
            KeyVariables = ReadKeyVariables(target, problems),
            AllowPrivateNetwork = target.Switch("allow_private_network"),
            AllowInsecureHttp = target.Switch("allow_insecure_http"),
            Limits = ReadLimits(target, problems),
            Prices = ReadPrices(target, problems),
        };
        CheckMeaning(read, target, problems);
        return read;
    }

    /// <summary>A name that begins like <c>--target openai/gpt-4o-mini</c> means that, and nothing else beside it.</summary>
    private static void CheckMeaning(ConfigTarget read, ConfigObject target, ConfigProblems problems)
    {
        TargetId named = TargetId.Of(read.Name);
        if (!named.IsKnownProvider)
        {
            if (read.Provider is { } provider && !TargetId.Of(provider.Value).IsKnownProvider)
            {
                problems.AddWrong(target.Find("provider")!, $"there is no such provider; there are {TargetId.AllProviders}");
            }
            else if (read.Provider is null)
            {
                problems.AddWrong(target.Find("name")!, $"it names no provider, so \"provider\" has to; there are {TargetId.AllProviders}");
            }

            return;
        }

        if (read.Provider is { } other && !string.Equals(other.Value, named.Provider, StringComparison.OrdinalIgnoreCase))
        {
            problems.AddWrong(target.Find("provider")!, $"the name '{read.Name}' says {named.Provider} already; give the target another name, or the same provider");
        }

        if (named.Model is { } model && read.Model is { } twice && twice.Value != model)
        {
            problems.AddWrong(target.Find("model")!, $"the name '{read.Name}' names the model {model} already; give the target another name, or the same model");
        }
    }

    private static Located<Uri>? ReadBaseUrl(ConfigObject target, ConfigProblems problems)
    {
        if (target.Text("base_url") is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text.Value, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https")
        {
            return new Located<Uri>(address, text.Line);
        }

        problems.AddWrong(target.Find("base_url")!, "it must be an http or https address, the API root, such as \"http://127.0.0.1:8000/v1\"");
        return null;
    }

    private static Dictionary<Limit, Located<double>> ReadLimits(ConfigObject target, ConfigProblems problems)
    {
        Dictionary<Limit, Located<double>> read = [];
        if (target.Find("limits") is not { } node)
        {
            return read;
        }

        ConfigObject limits = new(node, problems, [.. LimitTable.All.Select(limit => limit.Key)]);
        foreach (Limit limit in LimitTable.All)
        {
            if (limits.Find(limit.Key) is not { } member)
            {
                continue;
            }

            // Words, such as auto, stand in quotes; numbers do not.
            bool isNumber = member.Kind == ConfigKind.Number;
            bool isWord = member.Kind == ConfigKind.Text && !member.Text.AsSpan().ContainsAnyInRange('0', '9');
            double? value = null;
            if ((isNumber || isWord ? limit.Read(member.Text, out value) : limit.Read("", out value)) is { } problem)
            {
                problems.AddWrong(member, $"{problem}, {(limit.HasWords ? "numbers " : "")}without quotes");
            }
            else
            {
                read[limit] = new Located<double>(value!.Value, member.Line);
            }
        }

        return read;
    }

    private static Located<TokenPrices>? ReadPrices(ConfigObject target, ConfigProblems problems)
    {
        if (target.Find("prices") is not { } node)
        {
            return null;
        }

        ConfigObject prices = new(node, problems, "input", "cached_input", "output");
        Located<decimal>? input = prices.Number("input", 0m, TokenPrices.Most);
        Located<decimal>? cached = prices.Number("cached_input", 0m, TokenPrices.Most);
        Located<decimal>? output = prices.Number("output", 0m, TokenPrices.Most);
        foreach (string name in NeededPrices.Where(name => prices.IsObject && prices.Find(name) is null))
        {
            problems.Add(node, $"it has no \"{name}\"; say what a million LLM tokens cost in USD, 0 if they are free");
        }

        return input is null || output is null ? null : new Located<TokenPrices>(new TokenPrices(input.Value, output.Value, cached?.Value), node.Line);
    }

    /// <summary>One name, or a list of several. What stands there instead of a name is not repeated: it may be a key.</summary>
    private static Located<IReadOnlyList<string>>? ReadKeyVariables(ConfigObject target, ConfigProblems problems)
    {
        if (target.Find("api_key_env") is not { } node)
        {
            return null;
        }

        IReadOnlyList<ConfigNode> names = node.Kind == ConfigKind.List ? node.Items : [node];
        if (names.Count == 0)
        {
            problems.Add(node, "it is empty; name an environment variable, or leave it out");
            return null;
        }

        foreach (ConfigNode name in names.Where(name => name.Kind != ConfigKind.Text || !VariableName().IsMatch(name.Text)))
        {
            problems.Add(name, "it must be the name of an environment variable, such as \"OPENAI_API_KEY\"; a key itself does not belong in a file");
        }

        foreach (ConfigNode twin in names.GroupBy(name => name.Text, StringComparer.Ordinal).Select(group => group.ElementAtOrDefault(1)).OfType<ConfigNode>())
        {
            problems.Add(twin, "it stands in the list twice; once is enough");
        }

        return new Located<IReadOnlyList<string>>([.. names.Select(name => name.Text)], node.Line);
    }

    // Capital letters, as such names are by custom: what has others is more likely a key.
    [GeneratedRegex("^[A-Z_][A-Z0-9_]{0,127}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex VariableName();
}
