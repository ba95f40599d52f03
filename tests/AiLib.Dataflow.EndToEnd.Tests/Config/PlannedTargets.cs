using System.CommandLine;
using System.Text;
using AiLib.Dataflow.Cli.Config;
using AiLib.Dataflow.Cli.Settings;
using AiLib.Dataflow.Cli.Targets;

namespace AiLib.Dataflow.EndToEnd.Tests.Config;

/// <summary>What a command line, an environment and a configuration file come to.</summary>
internal sealed class PlannedTargets
{
    private readonly Dictionary<string, string> _environment;

    public PlannedTargets(string? file, string[] arguments, bool isNamed = true, params (string Name, string Value)[] environment)
    {
        _environment = environment.ToDictionary(variable => variable.Name, variable => variable.Value, StringComparer.Ordinal);
        TargetArguments targets = new();
        Command command = new("command");
        targets.AddTo(command);
        Option[] settable = [.. targets.Settable];
        Config = file is null ? null : ConfigFile.Parse(Encoding.UTF8.GetBytes(file), "f.json", isNamed, settable);
        Layers = new SettingLayers(command.Parse(arguments), Config, settable, Read, Problems);
        Plans = targets.Read(Layers, Problems);
    }

    public ConfigFile? Config { get; }

    public List<string> Problems { get; } = [];

    public SettingLayers Layers { get; }

    public TargetPlans Plans { get; }

    public string? Read(string variable) => _environment.GetValueOrDefault(variable);

    /// <summary>A limit of a target, as it is shown, with who says so.</summary>
    public string? Limit(string key, int target = 0) => Plans.All[target].Limits.FirstOrDefault(limit => limit.Limit.Key == key) is { } found
        ? $"{found.Limit.TextOf(found.Said.Value)} from {found.Said.Source}"
        : null;
}
