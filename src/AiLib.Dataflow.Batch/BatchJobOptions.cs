using System.Collections.ObjectModel;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Input.Ids;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Batch;

/// <summary>Which files a job reads and writes, and how it goes on after an earlier run.</summary>
public sealed record BatchJobOptions
{
    /// <summary>The requests: a file of JSON lines, CSV or Parquet, compressed with gzip or zstd or not.</summary>
    public required string InputPath { get; init; }

    /// <summary>How the requests are read, and which part of them. Default: as the name of the file says, and all.</summary>
    public BatchInputOptions Input { get; init; } = new();

    /// <summary>Where the requests come from instead of a file, such as standard input. Read once, from where it stands. Not disposed. Default: none.</summary>
    public Stream? InputStream { get; init; }

    /// <summary>Where answers go. Default: <c>requests.results.jsonl</c> for <c>requests.jsonl</c>.</summary>
    public string? ResultsPath { get; init; }

    /// <summary>
    /// Where failures go; the file is made when there is the first one. Default: <c>requests.errors.jsonl</c> for <c>requests.jsonl</c>.
    /// </summary>
    public string? ErrorsPath { get; init; }

    /// <summary>
    /// Where answers go instead of a file, such as standard output. Nothing is remembered then: each run is a fresh one. Not disposed. Default:
    /// none.
    /// </summary>
    public Stream? ResultsStream { get; init; }

    /// <summary>Whether requests that failed in an earlier run are tried again. Default: no, their error stands.</summary>
    public bool RetryErrors { get; init; }

    /// <summary>
    /// Which of them: HTTP statuses such as <c>429</c> and <c>5xx</c>, or codes as they stand in the errors file such as <c>ailib_E3003</c>. Default: all.
    /// </summary>
    public IReadOnlyList<string> RetryErrorCodes { get; init; } = [];

    /// <summary>
    /// Whether the job starts again from nothing; the files of earlier runs are moved aside to <c>name.1</c>, <c>name.2</c>, never removed.
    /// Default: no.
    /// </summary>
    public bool Fresh { get; init; }

    /// <summary>
    /// What else the answers depend on, such as the target and its model, by the name that a message calls it. A job that goes on with other values is refused.
    /// Default: nothing.
    /// </summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>
    /// Whether a job goes on although its input or <see cref="Settings"/> are others than those it began with: what is answered stays, the rest is asked
    /// for as things are now. Default: no, it is refused.
    /// </summary>
    public bool AcceptChanges { get; init; }

    /// <summary>Whether results are written in the order of the requests. Errors are not. Default: no, as they are ready.</summary>
    public bool Ordered { get; init; }

    /// <summary>
    /// Whether equal requests (the same path and body) are sent once and answered each. The answers of the others are written at the end, so not with
    /// <see cref="Ordered"/>, and only with files, which are read again. Memory: about 6 bytes for each request. Default: no.
    /// </summary>
    public bool Dedupe { get; init; }

    /// <summary>What must have happened to a line before it counts as written. Default: it is on the disk.</summary>
    public BatchDurability Durability { get; init; }

    /// <summary>
    /// Whether files are written in a directory where every user may replace them, and to files that belong to another user. For containers and file systems
    /// that have no users of their own. Default: no, they are refused. On Windows nothing of this is looked at.
    /// </summary>
    public bool AllowSharedDirectory { get; init; }

    /// <summary>The longest input line in bytes, at most 64 MiB. Default: 8 MiB.</summary>
    public int MaxLineBytes { get; init; } = BatchInput.DefaultMaxLineBytes;

    /// <summary>How long a stopping job waits for what is in flight. Default: 30 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A job that has had no answer at all for so long, while no target can be called, stops early. Default: 30 s.</summary>
    public TimeSpan GiveUpWithoutAnswerAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a run may take, above zero; then it stops early as if it were told to: what is in flight is finished and written, and the next run goes on. Counted anew for each run.
    /// Default: as long as it takes.
    /// </summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>
    /// The most calls that a run makes, retries and redirects included; then it stops early, and the next run goes on. At least 1. Default: as many as it takes.
    /// </summary>
    public long? MaxCalls { get; init; }

    /// <summary>
    /// The most that all runs of the job may spend, in USD, above 0; then a run stops early. Set aside for each request is what it may cost at most, by its estimate at
    /// the dearest target, so the sum passes the budget by no more than what is in flight costs beyond its estimates. Every target needs a price. What a run spends that is
    /// killed, less what its lines say, is not remembered. Default: as much as it takes.
    /// </summary>
    public decimal? BudgetUsd { get; init; }

    /// <summary>
    /// What targets ask for LLM tokens, by the name of the target in the pipeline; members of a pool by their own. What an answer of a target that is not here costs
    /// is unknown, not nothing. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, TokenPrices> Prices { get; init; } = ReadOnlyDictionary<string, TokenPrices>.Empty;

    /// <summary>
    /// Says what a request takes in LLM tokens before it is sent, for a plan, a budget, and attempts whose usage nobody told. <see cref="BatchEndpoint"/> has its own, for limits.
    /// Default: by its characters, without a vocabulary.
    /// </summary>
    public ITokenEstimator Estimator { get; init; } = CheapTokenEstimator.Instance;

    /// <summary>
    /// The share of requests, above 0, that a run lets fail: when of 50 or more that came to an end so many have failed, it stops early, and the next run goes on
    /// with the rest. Null is never. Default: 0.5.
    /// </summary>
    public double? StopAtFailureShare { get; init; } = 0.5;

    /// <summary>
    /// How long a run may wait without an answer, above zero and at most 30 days, while all targets ask to be left alone for longer than the pipeline waits (<c>Retry.MaxServerDelay</c>), or their
    /// quota is used up and they say when it is back. What cannot be sent is kept as its place in the input, 8 bytes each, and read again when the time has come; so not with
    /// <see cref="Ordered"/>, and a run whose input is a stream stops instead. Default: none, the run stops early, says when to come back, and the next one goes on.
    /// </summary>
    public TimeSpan? WaitForQuota { get; init; }

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How many ids a ledger of the job has in memory, before they go to a file.</summary>
    internal int IdsInMemory { get; init; } = IdLedger.DefaultIdsInMemory;
}
