using System.CommandLine;

namespace AiLib.Dataflow.Cli.Config;

/// <summary>The options that say which configuration file is read; every command that reads one has them.</summary>
internal sealed class ConfigOptions
{
    private readonly Option<string?> _config = CommandOption.Text(
        "--config", "FILE", "Targets, limits, prices and defaults. Default: what AI_LIB_CONFIG names, or ailib.json in this directory, if it is there.");
    private readonly Option<bool> _allowSharedDirectory = CommandOption.Switch(
        "--allow-shared-directory", "Allow output, and a configuration file, where every user may replace files, and files of another user.");

    /// <summary>Gives a command the options.</summary>
    public void AddTo(Command command)
    {
        command.Add(_config);
        command.Add(_allowSharedDirectory);
    }

    /// <summary>Whether files may lie where others can replace them.</summary>
    public bool AllowsSharedDirectory(ParseResult parsed) => parsed.GetValue(_allowSharedDirectory);

    /// <summary>Reads the file.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="options">The options that it may have defaults for.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ConfigurationException">It cannot be read, or something in it is wrong.</exception>
    public ConfigFile? Load(ParseResult parsed, IReadOnlyList<Option> options, Func<string, string?> environment) =>
        ConfigFile.Load(parsed.GetValue(_config), AllowsSharedDirectory(parsed), options, environment);
}
