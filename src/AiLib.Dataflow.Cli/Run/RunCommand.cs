using System.Buffers;
using System.CommandLine;
using System.Globalization;
using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Cli.Terminal;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.Cli.Run;

/// <summary><c>ailib run</c>: its options, and what they say.</summary>
internal sealed class RunCommand : Command
{
    private const long MostPerMinute = 60_000_000;

    private static readonly SearchValues<char> CodeLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_, ");

    private readonly Argument<string> _input = CommandOption.Input();
    private readonly InputOptions _inputOptions = new();
    private readonly Option<string?> _output = CommandOption.Text(
        "--output", "FILE", "Results. Default: INPUT.results.jsonl beside the input; - is standard output, which cannot be resumed; FILE.parquet is made from FILE.jsonl at the end.",
        "-o");
    private readonly Option<string?> _errors = CommandOption.Text(
        "--errors", "FILE", "Failed lines. Default: INPUT.errors.jsonl beside the input; made only when there are some.");
    private readonly Option<string[]> _targets = new("--target")
    {
        Description = "Who answers: provider/model (sets the model of every request), provider, or simulator. Repeat for the fallback order.",
        HelpName = "ID",
    };

    private readonly Option<string?> _baseUrl = CommandOption.Text(
        "--base-url", "URL", "The API root in place of the provider's own, such as http://127.0.0.1:8000/v1.");
    private readonly Option<string[]> _keyVariables = new("--api-key-env")
    {
        Description = "The environment variable that holds the key, in place of the provider's own. Repeat for several keys, which share the work.",
        HelpName = "NAME",
    };

    private readonly Option<long?> _poolRequestsPerMinute = CommandOption.Number("--pool-rpm", 1, MostPerMinute, "Requests per minute, for all keys together.");
    private readonly Option<long?> _poolTokensPerMinute = CommandOption.Number("--pool-tpm", 1, 100_000_000_000, "LLM tokens per minute, for all keys together.");
    private readonly Option<bool> _allowPrivateNetwork = CommandOption.Switch("--allow-private-network", "Allow an API root in a private network.");
    private readonly Option<bool> _allowInsecureHttp = CommandOption.Switch(
        "--allow-insecure-http", "Allow plain http beyond this machine; the key is then readable on the way.");
    private readonly Option<bool> _allowSharedDirectory = CommandOption.Switch(
        "--allow-shared-directory", "Allow output where every user may replace files, and files of another user.");
    private readonly Option<double?> _requestsPerSecond = CommandOption.Number("--rps", 0.001, 1_000_000.0, "Requests per second, for each target.");
    private readonly Option<long?> _requestsPerMinute = CommandOption.Number("--rpm", 1, MostPerMinute, "Requests per minute, for each target.");
    private readonly Option<long?> _tokensPerMinute = CommandOption.Number("--tpm", 1, 100_000_000_000, "LLM tokens per minute, for each target.");
    private readonly Option<int?> _maxInflight = CommandOption.Parsed<int?>(
        "--max-inflight", "N|auto", "Requests in flight, for each target; auto: as many as it takes. Default: auto.", ReadMaxInflight);
    private readonly Option<int?> _maxRetries = CommandOption.Number("--max-retries", 0, 1000, "Further attempts at the same target. Default: 10.");
    private readonly Option<TimeSpan?> _attemptTimeout = CommandOption.Duration(
        "--attempt-timeout", "How long one attempt may take, such as 30s. Default: 10m.");
    private readonly Option<string?> _retryErrors = new("--retry-errors")
    {
        Description = "Try again what failed in an earlier run: all, or only some such as --retry-errors=429,5xx,ailib_E3003.",
        HelpName = "CODES",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<TokenPrices?> _prices = CommandOption.Prices(
        "--price", "USD per million LLM tokens of input and output, such as 0.15/0.60, for each target; IN/CACHED/OUT where cached input has a price of its own. Default: unknown.");
    private readonly Option<decimal?> _budget = CommandOption.Number(
        "--budget", 0.000001m, 1_000_000_000m, "Stop before the job has cost more than so many USD, what earlier runs have spent included; the same command with more continues. Needs prices.");
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
        foreach (Option option in new Option[]
        {
            _output, _errors, _targets, _baseUrl, _keyVariables, _poolRequestsPerMinute, _poolTokensPerMinute, _allowPrivateNetwork, _allowInsecureHttp, _allowSharedDirectory,
            _requestsPerSecond, _requestsPerMinute, _tokensPerMinute, _maxInflight, _maxRetries, _attemptTimeout, _retryErrors, _prices, _budget, _maxCalls, _maxFailures,
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
        SetAction((parsed, _) => RunAsync(Read(parsed), terminal));
    }

    private static async Task<int> RunAsync(RunSettings settings, TerminalWriter terminal)
    {
        ParquetOutput? parquet = await ParquetOutput.OfAsync(settings).ConfigureAwait(Continuations.KeepContext);
        if (await StandardInput.TakeAsync(parquet?.Settings ?? settings, terminal).ConfigureAwait(Continuations.KeepContext) is not { } taken)
        {
            return ExitCode.Interrupted;
        }

        int exitCode = await new RunAction(taken, terminal).RunAsync().ConfigureAwait(Continuations.KeepContext);
        return parquet is null ? exitCode : await parquet.WriteAsync(exitCode, terminal).ConfigureAwait(Continuations.KeepContext);
    }

    private RunSettings Read(ParseResult parsed) => new()
    {
        Input = parsed.GetRequiredValue(_input),
        InputOptions = _inputOptions.Read(parsed),
        Output = parsed.GetValue(_output),
        Errors = parsed.GetValue(_errors),
        Targets = parsed.GetValue(_targets) ?? [],
        BaseUrl = parsed.GetValue(_baseUrl),
        KeyVariables = parsed.GetValue(_keyVariables) ?? [],
        PoolRequestsPerMinute = parsed.GetValue(_poolRequestsPerMinute),
        PoolTokensPerMinute = parsed.GetValue(_poolTokensPerMinute),
        AllowPrivateNetwork = parsed.GetValue(_allowPrivateNetwork),
        AllowInsecureHttp = parsed.GetValue(_allowInsecureHttp),
        AllowSharedDirectory = parsed.GetValue(_allowSharedDirectory),
        RequestsPerSecond = parsed.GetValue(_requestsPerSecond),
        RequestsPerMinute = parsed.GetValue(_requestsPerMinute),
        TokensPerMinute = parsed.GetValue(_tokensPerMinute),
        MaxInflight = parsed.GetValue(_maxInflight),
        MaxRetries = parsed.GetValue(_maxRetries) ?? 10,
        AttemptTimeout = parsed.GetValue(_attemptTimeout),
        RetryErrors = parsed.GetResult(_retryErrors) is not null,
        RetryErrorCodes = (parsed.GetValue(_retryErrors) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        Prices = parsed.GetValue(_prices),
        Budget = parsed.GetValue(_budget),
        MaxCalls = parsed.GetValue(_maxCalls),
        MaxFailures = parsed.GetValue(_maxFailures) ?? 0.5,
        Fresh = parsed.GetValue(_fresh),
        AcceptChanges = parsed.GetValue(_acceptChanges),
        Ordered = parsed.GetValue(_ordered),
        Dedupe = parsed.GetValue(_dedupe),
        Durability = parsed.GetValue(_durability),
        Report = parsed.GetValue(_report),
        DryRun = parsed.GetValue(_dryRun),
        Json = parsed.GetValue(_json),
        Faults = parsed.GetValue(_faults),
        Seed = parsed.GetValue(_seed),
        Latency = parsed.GetValue(_latency),
    };

    private static string? ReadMaxInflight(string text, out int? value)
    {
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= 100_000;
        value = isNumber ? number : RunSettings.AutoInflight;
        return isNumber || text == "auto" ? null : "it must be 'auto' or a number from 1 to 100000";
    }
}
