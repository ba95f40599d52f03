using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.Cli.Run;

/// <summary>What holds for a run, whoever said it: the command line, the environment, the configuration file. Null is what nobody said. What is about targets is in their plans.</summary>
internal sealed record RunSettings
{
    /// <summary>
    /// The share of each limit on tokens that is left unused: half a percent, so that the rest of it is used without being refused. See the quota scenario in docs/benchmarks.md. Of
    /// requests, which need no estimate, none is.
    /// </summary>
    public const double Headroom = 0.005;

    /// <summary>The requests; <c>-</c> is standard input.</summary>
    public required string Input { get; init; }

    /// <summary>How they are read.</summary>
    public BatchInputOptions InputOptions { get; init; } = new();

    /// <summary>Where answers go; <c>-</c> is standard output.</summary>
    public string? Output { get; init; }

    /// <summary>Where failures go.</summary>
    public string? Errors { get; init; }

    /// <summary>Whether output may go where every user may replace files, and to files of another user.</summary>
    public bool AllowSharedDirectory { get; init; }

    /// <summary>Who counts LLM tokens before a request is sent; see <see cref="TokenizerChoice"/>.</summary>
    public string Tokenizer { get; init; } = TokenizerChoice.Cheap;

    /// <summary>Further attempts at the same target.</summary>
    public int MaxRetries { get; init; } = 10;

    /// <summary>How long one attempt may take.</summary>
    public TimeSpan? AttemptTimeout { get; init; }

    /// <summary>Whether requests that failed in an earlier run are tried again.</summary>
    public bool RetryErrors { get; init; }

    /// <summary>Which of them; none for all.</summary>
    public IReadOnlyList<string> RetryErrorCodes { get; init; } = [];

    /// <summary>The most that all runs of the job may spend.</summary>
    public decimal? Budget { get; init; }

    /// <summary>How long a run may take.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>How long a run may wait for a quota.</summary>
    public TimeSpan? WaitForQuota { get; init; }

    /// <summary>The most calls of a run.</summary>
    public long? MaxCalls { get; init; }

    /// <summary>The share of failures at which a run stops.</summary>
    public double MaxFailures { get; init; } = 0.5;

    /// <summary>Whether the job starts again from nothing.</summary>
    public bool Fresh { get; init; }

    /// <summary>Whether a job continues although it is another one than it was.</summary>
    public bool AcceptChanges { get; init; }

    /// <summary>Whether results are in the order of the requests.</summary>
    public bool Ordered { get; init; }

    /// <summary>Whether equal requests are sent once.</summary>
    public bool Dedupe { get; init; }

    /// <summary>What must have happened to a line before it counts as written.</summary>
    public BatchDurability Durability { get; init; }

    /// <summary>Where a page about the run goes when it has ended.</summary>
    public string? Report { get; init; }

    /// <summary>Whether to say only what would be sent.</summary>
    public bool DryRun { get; init; }

    /// <summary>Whether the summary is a JSON object on standard output.</summary>
    public bool Json { get; init; }

    /// <summary>Whether anything is said about the embedded simulator.</summary>
    public bool ShapesSimulator => Faults is not null || Seed is not null || Latency is not null;

    /// <summary>The embedded simulator's faults.</summary>
    public FaultRates? Faults { get; init; }

    /// <summary>The embedded simulator's seed.</summary>
    public long? Seed { get; init; }

    /// <summary>The embedded simulator's time to the first token.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>Whether results go to standard output.</summary>
    public bool WritesToStandardOutput => Output == "-";
}
