using System.CommandLine;
using System.CommandLine.Parsing;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.Cli;

/// <summary>
/// The <c>ailib</c> tool. START HERE: the command line is read, a command runs, and what went wrong becomes one line and an exit code.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        using TerminalWriter terminal = new();
        try
        {
            return await RunAsync(arguments, terminal).ConfigureAwait(Continuations.KeepContext);
        }
        catch (ConfigurationException wrong)
        {
            foreach (string error in wrong.Errors)
            {
                terminal.Say($"ailib: {error}");
            }

            return ExitCode.Wrong;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            terminal.Say($"ailib: {failure.Message}");
            return ExitCode.StoppedEarly;
        }
        catch (Exception unexpected)
        {
            // The last resort. A stack trace would say nothing to a user, and the job's files are whole whatever happened.
            terminal.Say($"ailib: {unexpected.GetType().Name}: {unexpected.Message}");
            return ExitCode.StoppedEarly;
        }
    }

    private static async Task<int> RunAsync(string[] arguments, TerminalWriter terminal)
    {
        RootCommand root = CommandTree.Of(terminal);

        // A file name may begin with @; it is not a file of arguments.
        ParseResult parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && !AsksForHelp(parsed))
        {
            foreach (ParseError error in parsed.Errors)
            {
                terminal.Say($"ailib: {error.Message}");
            }

            string command = parsed.CommandResult.Command is RootCommand ? "ailib" : $"ailib {parsed.CommandResult.Command.Name}";
            terminal.Say($"'{command} --help' says how it is used.");
            return ExitCode.Wrong;
        }

        InvocationConfiguration invocation = new()
        {
            // Signals are handled by the commands: a drain must not be cut short, and errors are reported above.
            ProcessTerminationTimeout = null,
            EnableDefaultExceptionHandler = false,
            Output = terminal.Data,
            Error = terminal.Messages,
        };
        return await parsed.InvokeAsync(invocation).ConfigureAwait(Continuations.KeepContext);
    }

    // Help for a command that is not complete yet is what help is for.
    private static bool AsksForHelp(ParseResult parsed) => parsed.Tokens.Any(token => token.Value is "--help" or "-h" or "-?");
}
