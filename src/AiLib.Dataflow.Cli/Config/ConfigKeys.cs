using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Cli.Config;

/// <summary>Whatever looks like a key is refused wherever it stands in a configuration file, and not repeated.</summary>
internal static class ConfigKeys
{
    // Sentences, in which "basic knowledge" looks like credentials.
    private static readonly string[] Sentences = ["defaults.prompt", "defaults.system"];

    /// <summary>Looks at a value and all that is in it.</summary>
    public static void Refuse(ConfigNode node, ConfigProblems problems)
    {
        if (node.Kind == ConfigKind.Text && !Sentences.Contains(node.Path, StringComparer.Ordinal) && Redactor.Patterns.Redact(node.Text) != node.Text)
        {
            problems.Add(node, "it looks like a key, and a key does not belong in a file, which is kept and shared; put it into an environment variable and the variable's name into \"api_key_env\"");
        }

        foreach (ConfigNode child in node.Members.Values.Concat(node.Items))
        {
            Refuse(child, problems);
        }
    }
}
