using System.Buffers;
using System.CommandLine;
using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Cli.Config;
using AiLib.Dataflow.Cli.Help;
using AiLib.Dataflow.Cli.Settings;
using AiLib.Dataflow.Cli.Targets;
using AiLib.Dataflow.Cli.Terminal;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.Cli.Run;

/// <summary><c>ailib run</c>: its options, and what they say.</summary>
internal sealed class RunCommand : Command, IHasExamples
{
    private static readonly SearchValues<char> CodeLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_, ");

    private readonly Argument<string> _input = CommandOption.Input();
    private readonly InputOptions _inputOptions = new();
    private readonly Option<string?> _output = CommandOption.Text(
        "--output", "FILE", "Results. Default: INPUT.results.jsonl beside the input; - is standard output, which cannot be resumed; FILE.parquet is made from FILE.jsonl at the end.",
        "-o");
    private readonly Option<string?> _errors = CommandOption.Text(
        "--errors", "FILE", "Failed lines. Default: INPUT.errors.jsonl beside the input; made only when there are some.");
    private readonly TargetArguments _targets = new();
    private readonly ConfigOptions _configOptions = new();
    private readonly Option<int?> _maxRetries = CommandOption.Number("--max-retries", 0, 1000, "Further attempts at the same target. Default: 10.");
    private readonly Option<TimeSpan?> _attemptTimeout = CommandOption.Duration(
        "--attempt-timeout", "How long one attempt may take, such as 30s. Default: 10m.");
    private readonly Option<string?> _tokenizer = CommandOption.Parsed<string?>(
        "--tokenizer", "NAME", $"How LLM tokens are estimated before a request is sent, for limits on tokens, --budget and --dry-run: {TokenizerChoice.Form}. Default: cheap, by characters.",
        static (string text, out string? value) =>
        {
            value = text;
            return TokenizerChoice.Exists(text) ? null : $"it must be {TokenizerChoice.Form}";
        });
    private readonly Option<string?> _retryErrors = new("--retry-errors")
    {
        Description = "Try again what failed in an earlier run: all, or only some such as --retry-errors=429,5xx,ailib_E3003.",
        HelpName = "CODES",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<decimal?> _budget = CommandOption.Number(
        "--budget", 0.000001m, 1_000_000_000m, "Stop before the job has cost more than so many USD, what earlier runs have spent included; the same command with more continues. Needs prices.");
    private readonly Option<TimeSpan?> _deadline = CommandOption.Duration(
        "--deadline", "Stop after so long, such as 8h: what is in flight is finished, and the same command continues. Default: none.", TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(365));
    private readonly Option<TimeSpan?> _waitForQuota = CommandOption.Duration(
        "--wait-for-quota", "Wait, at most so long without an answer, such as 2h, while all targets say that a quota is used up or to come back much later. Default: stop; the same command continues.");
    private readonly Option<long?> _maxCalls = CommandOption.Number("--max-calls", 1, long.MaxValue, "Stop after so many calls, retries included; the same command continues.");
    private readonly Option<double?> _maxFailures = CommandOption.Number(
        "--max-failures", 0.001, 1.0, "Stop when this share of at least 50 requests failed. Default: 0.5.");
    private readonly Option<bool> _fresh = CommandOption.Switch("--fresh", "Start again; the files of earlier runs are moved aside, never removed.");
    private readonly Option<bool> _acceptChanges = CommandOption.Switch(
        "--accept-changes", "Continue although the input, the targets or the base URL are others than when the job began; what is answered stays.");
    private readonly Option<bool> _ordered = CommandOption.Switch("--ordered", "Write results in the order of the requests.");
    private readonly Option<bool> _dedupe = CommandOption.Switch("--dedupe", "Send equal requests once; each gets the answer.");
    private readonly Option<BatchDurability> _durability = CommandOption.Parsed(
        "--durability", "batch|none", "Whether lines are forced to the disk before they count, against power cuts. Default: batch.",
        static (string text, out BatchDurability value) =>
        {
            value = text == "none" ? BatchDurability.None : BatchDurability.Batch;
            return text is "batch" or "none" ? null : "it must be 'batch' or 'none'";
        });
    private readonly Option<string?> _report = CommandOption.Text("--report", "FILE", "Make an HTML page about the run when it has ended; 'ailib report' makes it later.");
    private readonly Option<bool> _dryRun = CommandOption.Switch("--dry-run", "Say what would be sent, and send nothing.");
    private readonly Option<bool> _json = CommandOption.Switch("--json", "Write the summary as one JSON object to standard output.");
    private readonly Option<FaultRates?> _faults = CommandOption.Faults("Faults of the embedded simulator, such as 429=0.1,500=0.05,reset=0.02.");
    private readonly Option<long?> _seed = CommandOption.Number("--seed", long.MinValue, long.MaxValue, "The embedded simulator's seed.");
    private readonly Option<TimeSpan?> _latency = CommandOption.Duration("--latency", "How long the embedded simulator thinks, such as 200ms.");

    public RunCommand(TerminalWriter terminal)
        : base("run", "Get every request of a file answered once. Run the same command again to continue.")
    {
        Add(_input);
        Add(_output);
        Add(_errors);
        _targets.AddTo(this);
        _configOptions.AddTo(this);
        foreach (Option option in new Option[]
        {
            _maxRetries, _attemptTimeout, _tokenizer, _retryErrors, _budget, _deadline, _waitForQuota, _maxCalls, _maxFailures,
            _fresh, _acceptChanges, _ordered, _dedupe, _durability, _report, _dryRun, _json, _faults, _seed, _latency,
        })
        {
            Add(option);
        }

        _retryErrors.Validators.Add(static result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value.AsSpan().ContainsAnyExcept(CodeLetters))
            {
                result.AddError($"--retry-errors is '{result.Tokens[0].Value}': name codes such as --retry-errors=429,5xx, or put INPUT before it when all are meant.");
            }
        });
        _inputOptions.AddTo(this);
        CommandOption.Completes(_durability, "batch", "none");
        SetAction((parsed, _) => RunAsync(parsed, terminal));
    }

    /// <summary>The options that a variable and a configuration file can stand for: what is the same for many runs, and takes no protection away.</summary>
    public IReadOnlyList<Option> Settable =>
    [
        .. _targets.Settable, _maxRetries, _attemptTimeout, _tokenizer, _budget, _deadline, _waitForQuota, _maxCalls, _maxFailures, _ordered, _dedupe, _durability, .. _inputOptions.Settable,
    ];

    /// <inheritdoc/>
    public IReadOnlyList<string> Examples { get; } =
    [
        "ailib run requests.jsonl --target simulator",
        "ailib run requests.jsonl --target openai/gpt-4o-mini --rpm 500 --tpm 200000",
        "ailib run requests.jsonl --target openai/gpt-4o-mini --target groq/llama-3.3-70b-versatile --price 0.15/0.60 --budget 5",
        "ailib run words.csv --prompt \"Translate into French: {word}\" --target openai/gpt-4o-mini -o answers.parquet",
        "ailib run requests.jsonl --target vllm/llama --base-url http://127.0.0.1:8089/v1 --max-inflight 64",
        "ailib run requests.jsonl --target openai --retry-errors=429,5xx",
        "ailib run requests.jsonl --config ailib.json --dry-run",
    ];

    private async Task<int> RunAsync(ParseResult parsed, TerminalWriter terminal)
    {
        Func<string, string?> environment = Environment.GetEnvironmentVariable;
        List<string> problems = [];
        ConfigFile? config = _configOptions.Load(parsed, Settable, environment);
        SettingLayers layers = new(parsed, config, Settable, environment, problems);
        RunSettings settings = Read(parsed, layers);
        TokenizerChoice tokenizer = new(settings.Tokenizer);
        IReadOnlyList<Target> targets =
            [.. TargetList.Resolve(_targets.Read(layers, problems), environment, problems).Select(target => tokenizer.For(target, problems))];
        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }

        if (config is not null)
        {
            terminal.Say($"Settings from {config.Name}; 'ailib targets' shows them.");
        }

        ParquetOutput? parquet = await ParquetOutput.OfAsync(settings).ConfigureAwait(Continuations.KeepContext);
        if (await StandardInput.TakeAsync(parquet?.Settings ?? settings, terminal).ConfigureAwait(Continuations.KeepContext) is not { } taken)
        {
            return ExitCode.Interrupted;
        }

        int exitCode = await new RunAction(taken, targets, terminal).RunAsync().ConfigureAwait(Continuations.KeepContext);
        return parquet is null ? exitCode : await parquet.WriteAsync(exitCode, terminal).ConfigureAwait(Continuations.KeepContext);
    }

    private RunSettings Read(ParseResult parsed, SettingLayers layers) => new()
    {
        Input = parsed.GetRequiredValue(_input),
        InputOptions = _inputOptions.Read(parsed, layers, parsed.GetRequiredValue(_input)),
        Output = parsed.GetValue(_output),
        Errors = parsed.GetValue(_errors),
        AllowSharedDirectory = _configOptions.AllowsSharedDirectory(parsed),
        MaxRetries = layers.Value(_maxRetries) ?? 10,
        AttemptTimeout = layers.Value(_attemptTimeout),
        Tokenizer = layers.Value(_tokenizer) ?? TokenizerChoice.Cheap,
        RetryErrors = parsed.GetResult(_retryErrors) is not null,
        RetryErrorCodes = (parsed.GetValue(_retryErrors) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        Budget = layers.Value(_budget),
        Deadline = layers.Value(_deadline),
        WaitForQuota = layers.Value(_waitForQuota) is { Ticks: > 0 } longest ? longest : null,
        MaxCalls = layers.Value(_maxCalls),
        MaxFailures = layers.Value(_maxFailures) ?? 0.5,
        Fresh = parsed.GetValue(_fresh),
        AcceptChanges = parsed.GetValue(_acceptChanges),
        Ordered = layers.Value(_ordered),
        Dedupe = layers.Value(_dedupe),
        Durability = layers.Value(_durability),
        Report = parsed.GetValue(_report),
        DryRun = parsed.GetValue(_dryRun),
        Json = parsed.GetValue(_json),
        Faults = parsed.GetValue(_faults),
        Seed = parsed.GetValue(_seed),
        Latency = parsed.GetValue(_latency),
    };
}
