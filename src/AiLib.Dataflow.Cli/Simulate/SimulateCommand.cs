using System.CommandLine;
using System.Globalization;
using AiLib.Dataflow.Cli.Help;
using AiLib.Dataflow.Cli.Shutdown;
using AiLib.Dataflow.Cli.Terminal;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.Cli.Simulate;

/// <summary><c>ailib simulate</c>: the provider simulator as a server on this machine, until it is interrupted.</summary>
internal sealed class SimulateCommand : Command, IHasExamples
{
    private const long MostPerMinute = 1_000_000_000;
    private const long MostPerDay = 10_000_000;

    private readonly Option<int?> _port = CommandOption.Number("--port", 0, 65_535, "The port on 127.0.0.1. Default: any free one.");
    private readonly Option<long?> _requestsPerMinute = CommandOption.Number(
        "--rpm", 1, MostPerMinute, "The limit on requests per minute. Default: none.");
    private readonly Option<long?> _tokensPerMinute = CommandOption.Number(
        "--tpm", 1, MostPerMinute, "The limit on tokens per minute. Default: none.");
    private readonly Option<long?> _inputTokensPerMinute = CommandOption.Number(
        "--itpm", 1, MostPerMinute, "The limit on tokens of prompts per minute. Default: none.");
    private readonly Option<long?> _outputTokensPerMinute = CommandOption.Number(
        "--otpm", 1, MostPerMinute, "The limit on tokens of answers per minute. Default: none.");
    private readonly Option<long?> _requestsPerDay = CommandOption.Number(
        "--rpd", 1, MostPerDay, "The limit on requests per day. Default: none.");
    private readonly Option<long?> _tokensPerDay = CommandOption.Number(
        "--tpd", 1, MostPerDay, "The limit on tokens per day. Default: none.");
    private readonly Option<LimitKind?> _limitKind = CommandOption.LimitKind("How it counts against its limits: " + LimitKindNames.All + ". Default: token-bucket.");
    private readonly Option<TimeSpan?> _latency = CommandOption.Duration(
        "--latency", "How long it thinks before it answers, such as 200ms. Default: not at all.");
    private readonly Option<FaultRates?> _faults = CommandOption.Faults("Shares of faults, such as 429=0.1,500=0.05,reset=0.02. Default: none.");
    private readonly Option<long?> _seed = CommandOption.Number(
        "--seed", long.MinValue, long.MaxValue, "The same seed gives the same answers and faults. Default: 1.");
    private readonly TerminalWriter _terminal;

    public SimulateCommand(TerminalWriter terminal)
        : base("simulate", "A provider on this machine with real limits and faults, until Ctrl-C.")
    {
        _terminal = terminal;
        foreach (Option option in new Option[]
        {
            _port, _requestsPerMinute, _tokensPerMinute, _inputTokensPerMinute, _outputTokensPerMinute, _requestsPerDay, _tokensPerDay, _limitKind, _latency, _faults, _seed,
        })
        {
            Add(option);
        }

        SetAction((parsed, _) => RunAsync(Read(parsed)));
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Examples { get; } =
    [
        "ailib simulate",
        "ailib simulate --port 8089 --rpm 600 --faults 429=0.1,500=0.05,reset=0.02 --latency 200ms",
    ];

    private SimulatorOptions Read(ParseResult parsed) => new()
    {
        Port = parsed.GetValue(_port) ?? 0,
        RequestsPerMinute = parsed.GetValue(_requestsPerMinute),
        TokensPerMinute = parsed.GetValue(_tokensPerMinute),
        InputTokensPerMinute = parsed.GetValue(_inputTokensPerMinute),
        OutputTokensPerMinute = parsed.GetValue(_outputTokensPerMinute),
        RequestsPerDay = parsed.GetValue(_requestsPerDay),
        TokensPerDay = parsed.GetValue(_tokensPerDay),
        LimitKind = parsed.GetValue(_limitKind) ?? LimitKind.TokenBucket,
        TimeToFirstToken = parsed.GetValue(_latency) ?? TimeSpan.Zero,
        Faults = parsed.GetValue(_faults) ?? FaultRates.None,
        Seed = parsed.GetValue(_seed) ?? 1,
    };

    private async Task<int> RunAsync(SimulatorOptions options)
    {
        using StopSignals signals = new(static _ => { });
        SimulatorServer server = await StartAsync(options, signals.Stop).ConfigureAwait(Continuations.KeepContext);
        await using (server.ConfigureAwait(Continuations.KeepContext))
        {
            // The address alone on standard output, for scripts; the rest is for people.
            _terminal.WriteData(server.BaseAddress.ToString());
            _terminal.Say($"Use it with --base-url {server.BaseAddress}; Ctrl-C ends it.");
            TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
            using (signals.Stop.UnsafeRegister(static stopped => ((TaskCompletionSource)stopped!).TrySetResult(), stopped))
            {
                await stopped.Task.ConfigureAwait(Continuations.KeepContext);
            }

            SimulatorCounts counts = server.Counts;
            _terminal.Say(
                FormattableString.Invariant($"{counts.Arrived:N0} requests: {counts.Served:N0} answered, {counts.RateLimited:N0} rate limited, ")
                + FormattableString.Invariant($"{counts.Faulted:N0} with a fault, {counts.Rejected:N0} rejected."));
        }

        // It runs until it is interrupted; being interrupted is its success.
        return ExitCode.Succeeded;
    }

    private static async Task<SimulatorServer> StartAsync(SimulatorOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await SimulatorServer.StartAsync(options, cancellationToken: cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }
        catch (IOException taken)
        {
            throw new ConfigurationException([$"--port {options.Port.ToString(CultureInfo.InvariantCulture)} cannot be used: {taken.Message}"]);
        }
    }
}
