using System.CommandLine;
using System.Globalization;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Cli.Config;
using AiLib.Dataflow.Cli.Help;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.Cli.Settings;
using AiLib.Dataflow.Cli.Shutdown;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.Cli.Validate;

/// <summary><c>ailib validate</c>: says which lines <c>run</c> would refuse, where, why, and what to do. Sends nothing.</summary>
internal sealed class ValidateCommand : Command, IHasExamples
{
    private readonly Argument<string> _input = CommandOption.Input();
    private readonly InputOptions _inputOptions = new();
    private readonly ConfigOptions _configOptions = new();
    private readonly TerminalWriter _terminal;

    /// <param name="terminal">Where it writes.</param>
    /// <param name="settable">The options of a run that a configuration file has defaults for.</param>
    public ValidateCommand(TerminalWriter terminal, IReadOnlyList<Option> settable)
        : base("validate", "Say which lines would be refused, and why. Nothing is sent.")
    {
        _terminal = terminal;
        Add(_input);
        _inputOptions.AddTo(this);
        _configOptions.AddTo(this);
        SetAction((parsed, _) => RunAsync(parsed.GetRequiredValue(_input), Read(parsed, settable)));
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Examples { get; } =
    [
        "ailib validate requests.jsonl",
        "ailib validate words.csv --prompt \"Translate into French: {word}\"",
    ];

    // As a run would read it.
    private BatchInputOptions Read(ParseResult parsed, IReadOnlyList<Option> settable)
    {
        Func<string, string?> environment = Environment.GetEnvironmentVariable;
        List<string> problems = [];
        SettingLayers layers = new(parsed, _configOptions.Load(parsed, settable, environment), settable, environment, problems);
        BatchInputOptions options = _inputOptions.Read(parsed, layers, parsed.GetRequiredValue(_input));
        return problems.Count == 0 ? options : throw new ConfigurationException(problems);
    }

    private async Task<int> RunAsync(string path, BatchInputOptions options)
    {
        using StopSignals signals = new(static _ => { });
        Stream input = Open(path);
        await using (input.ConfigureAwait(Continuations.KeepContext))
        {
            try
            {
                return await CheckAsync(path, input, options.WithFormatOf(path), signals.Stop).ConfigureAwait(Continuations.KeepContext);
            }
            catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
            {
                // Ctrl-C: there is nothing to finish.
                return ExitCode.Interrupted;
            }
        }
    }

    private async Task<int> CheckAsync(string path, Stream input, BatchInputOptions options, CancellationToken cancellationToken)
    {
        long requests = 0;
        long errors = 0;
        IAsyncEnumerator<BatchLine> lines = BatchInput.ReadAsync(input, options, cancellationToken: cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (lines.ConfigureAwait(Continuations.KeepContext))
        {
            while (await NextAsync(path, lines).ConfigureAwait(Continuations.KeepContext))
            {
                if (lines.Current.Error is not { } error)
                {
                    requests++;
                    continue;
                }

                errors++;
                _terminal.WriteData(FormattableString.Invariant($"{path}:{error.Line}:{error.Column}: {error.Code}: {error.Problem} {error.Cure}"));
            }
        }

        _terminal.Say(requests + errors == 0
            ? "ailib: the input has no requests."
            : string.Create(CultureInfo.InvariantCulture, $"{requests:N0} requests, {errors:N0} lines that are none."));
        return errors == 0 && requests > 0 ? ExitCode.Succeeded : ExitCode.Wrong;
    }

    /// <summary>Reads on. An input that cannot be read to its end is wrong like one with bad lines; standard output that cannot be written is something else.</summary>
    private static async ValueTask<bool> NextAsync(string path, IAsyncEnumerator<BatchLine> lines)
    {
        try
        {
            return await lines.MoveNextAsync().ConfigureAwait(Continuations.KeepContext);
        }
        catch (IOException damage)
        {
            throw new ConfigurationException([$"The input '{path}' cannot be read to its end: {damage.Message}"]);
        }
    }

    private static Stream Open(string path)
    {
        if (path == StandardInput.Name)
        {
            return TerminalWriter.OpenInput();
        }

        if (Directory.Exists(path))
        {
            throw new ConfigurationException([$"The input '{path}' is a directory; name a file."]);
        }

        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                Options = FileOptions.SequentialScan,
            });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([$"The input '{path}' cannot be read: {exception.Message}"]);
        }
    }
}
