using System.CommandLine;
using AiLib.Dataflow.Cli.Completion;
using AiLib.Dataflow.Cli.Help;
using AiLib.Dataflow.Cli.Report;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.Cli.Simulate;
using AiLib.Dataflow.Cli.Targets;
using AiLib.Dataflow.Cli.Terminal;
using AiLib.Dataflow.Cli.Validate;

namespace AiLib.Dataflow.Cli;

/// <summary>Every command of the tool.</summary>
internal static class CommandTree
{
    /// <summary>The commands under their root, with their help.</summary>
    public static RootCommand Of(TerminalWriter terminal)
    {
        RunCommand run = new(terminal);
        RootCommand root = new("Batch jobs against rate-limited AI providers: every request answered once.")
        {
            run,
            new ValidateCommand(terminal, run.Settable),
            new ReportCommand(terminal),
            new SimulateCommand(terminal),
            new TargetsCommand(terminal, run.Settable),
        };
        root.Add(new CompletionCommand(terminal, root));
        HelpWithExamples.AddTo(root);
        return root;
    }
}
