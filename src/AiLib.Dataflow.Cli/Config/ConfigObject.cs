using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.Cli.Config;

/// <summary>An object of a configuration file with the members that it may have; reads them, and says what is wrong with them.</summary>
internal sealed partial class ConfigObject
{
    private readonly ConfigNode _node;
    private readonly ConfigProblems _problems;

    /// <param name="node">The object.</param>
    /// <param name="problems">Gets what is wrong.</param>
    /// <param name="known">The names that it may have.</param>
    public ConfigObject(ConfigNode node, ConfigProblems problems, params IReadOnlyList<string> known)
    {
        _node = node;
        _problems = problems;
        if (node.Kind != ConfigKind.Object)
        {
            problems.AddWrong(node, "it must be an object in braces");
            return;
        }

        foreach ((string name, ConfigNode member) in node.Members.Where(member => !known.Contains(member.Key, StringComparer.Ordinal)))
        {
            problems.Add(member, KeyName().IsMatch(name)
                ? "a key does not belong in a file, which is kept and shared; put it into an environment variable and the variable's name here as \"api_key_env\""
                : $"there is no such setting; there are {string.Join(", ", known)}");
        }
    }

    /// <summary>Whether it is an object at all; if not, that has been said.</summary>
    public bool IsObject => _node.Kind == ConfigKind.Object;

    /// <summary>A member; null when it is not there.</summary>
    public ConfigNode? Find(string name) => _node.Members.GetValueOrDefault(name);

    /// <summary>A text of one line that can be seen.</summary>
    public Located<string>? Text(string name) => Find(name) is not { } member ? null : TextOf(member);

    /// <summary>A list of such texts, none twice.</summary>
    public Located<IReadOnlyList<string>>? Texts(string name)
    {
        if (Find(name) is not { } member)
        {
            return null;
        }

        if (member.Kind != ConfigKind.List || member.Items.Count == 0)
        {
            return Wrong<IReadOnlyList<string>>(member, "it must be a list in brackets, and not an empty one");
        }

        foreach (ConfigNode twin in member.Items.GroupBy(item => item.Text, StringComparer.Ordinal).Select(group => group.ElementAtOrDefault(1)).OfType<ConfigNode>())
        {
            _problems.AddWrong(twin, "it stands in the list twice; once is enough");
        }

        return new Located<IReadOnlyList<string>>([.. member.Items.Select(item => TextOf(item)?.Value).OfType<string>()], member.Line);
    }

    /// <summary>A number within a range.</summary>
    public Located<T>? Number<T>(string name, T least, T most)
        where T : struct, INumber<T> => Find(name) is not { } member ? null
        : member.Kind == ConfigKind.Number
            && T.TryParse(member.Text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T number)
            && number >= least && number <= most
            ? new Located<T>(number, member.Line)
            : Wrong<T>(member, string.Create(CultureInfo.InvariantCulture, $"it must be a number from {least} to {most}, without quotes"));

    /// <summary>A choice of yes and no.</summary>
    public Located<bool>? Switch(string name) => Find(name) is not { } member ? null
        : member.Kind is ConfigKind.True or ConfigKind.False ? new Located<bool>(member.Kind == ConfigKind.True, member.Line)
        : Wrong<bool>(member, "it must be true or false, without quotes");

    private Located<string>? TextOf(ConfigNode member) =>
        member is not { Kind: ConfigKind.Text, Text.Length: > 0 } ? Wrong<string>(member, "it must be a text in quotes, and not an empty one")
        : SafeText.Of(member.Text) != member.Text ? Wrong<string>(member, "it must not have control characters or characters that cannot be seen")
        : new Located<string>(member.Text, member.Line);

    private Located<T>? Wrong<T>(ConfigNode member, string problem)
    {
        _problems.AddWrong(member, problem);
        return null;
    }

    // In any spelling: api_key, apiKey, API-KEY, authorization.
    [GeneratedRegex("^(?i:api|access|auth|secret|bearer)?[-_]?(?i:key|keys|token|secret|password|authorization|credentials?)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex KeyName();
}
