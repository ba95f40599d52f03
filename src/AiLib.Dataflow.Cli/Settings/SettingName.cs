using System.CommandLine;

namespace AiLib.Dataflow.Cli.Settings;

/// <summary>What an option is called elsewhere: <c>--max-retries</c> is <c>max_retries</c> in a configuration file and <c>AI_LIB_MAX_RETRIES</c> in the environment.</summary>
internal static class SettingName
{
    /// <summary>Its name in a configuration file.</summary>
    public static string KeyOf(Option option) => option.Name.TrimStart('-').Replace('-', '_');

    /// <summary>Its environment variable.</summary>
    public static string VariableOf(Option option) => "AI_LIB_" + KeyOf(option).ToUpperInvariant();
}
