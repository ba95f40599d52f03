using System.CommandLine;
using AiLib.Dataflow.Cli.Config;
using AiLib.Dataflow.Cli.Help;
using AiLib.Dataflow.Cli.Settings;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.Cli.Targets;

/// <summary><c>ailib targets</c>: says who would be asked, with which settings, and who said so. Sends nothing, shows no key.</summary>
internal sealed class TargetsCommand : Command, IHasExamples
{
    private readonly TargetArguments _targets = new();
    private readonly ConfigOptions _configOptions = new();
    private readonly Option<bool> _json = CommandOption.Switch("--json", "Write one JSON object to standard output.");
    private readonly IReadOnlyList<Option> _settable;
    private readonly TerminalWriter _terminal;

    /// <param name="terminal">Where it writes.</param>
    /// <param name="settable">The options of a run that a configuration file has defaults for.</param>
    public TargetsCommand(TerminalWriter terminal, IReadOnlyList<Option> settable)
        : base("targets", "Say which targets a run would use, with which settings, and where each comes from. Nothing is sent, no key is shown.")
    {
        _terminal = terminal;
        _settable = settable;
        _targets.AddTo(this);
        _configOptions.AddTo(this);
        Add(_json);
        SetAction(Run);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Examples { get; } =
    [
        "ailib targets",
        "ailib targets --target openai/gpt-4o-mini --rpm 500",
        "ailib targets --config ailib.json --json",
    ];

    private int Run(ParseResult parsed)
    {
        Func<string, string?> environment = Environment.GetEnvironmentVariable;
        List<string> problems = [];
        SettingLayers layers = new(parsed, _configOptions.Load(parsed, _settable, environment), _settable, environment, problems);
        TargetPlans plans = _targets.Read(layers, problems);

        // Looks at the keys as a run would, and forgets them.
        TargetList.Resolve(plans, environment, problems);
        TargetListing listing = new(plans, layers, environment);
        foreach (string line in parsed.GetValue(_json) ? [listing.ToJson(problems)] : listing.ToLines())
        {
            _terminal.WriteData(line);
        }

        foreach (string problem in problems)
        {
            _terminal.Say($"ailib: {problem}");
        }

        return problems.Count == 0 ? ExitCode.Succeeded : ExitCode.Wrong;
    }
}
