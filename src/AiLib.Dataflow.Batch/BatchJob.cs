using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Batch.Parking;
using AiLib.Dataflow.Batch.Repeats;
using AiLib.Dataflow.Batch.Spend;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Batch;

/// <summary>Gets a file of requests answered, each once, over any number of runs.</summary>
/// <remarks>
/// <para>
/// The way of a line: 1 read; 2 skipped when an earlier run has written what came of it, or written as an error when it is no request; 3 through
/// the pipeline; 4 written, together with the other answers that are ready, before the next one is waited for, and counted when it is committed. So
/// memory depends on the pipeline's slots and not on the length of the file, but for about 10 bytes for each id.
/// </para>
/// <para>
/// A line counts as written when it is on the disk and survives a power cut, unless <see cref="BatchJobOptions.Durability"/> says less. What is in
/// flight or not counted when a run ends in any way has no line, or a whole one; a line cut in two is found and cut off at the next start.
/// </para>
/// <para>Threading: open, run and dispose from one thread at a time; <see cref="Counts"/> from anywhere.</para>
/// </remarks>
public sealed partial class BatchJob : IAsyncDisposable
{
    private readonly BatchJobOptions _options;
    private readonly JobFiles _files;
    private readonly JobTally _tally;
    private readonly SpendMeter _spend;

    // So many lines may wait to be committed together: a crash repeats at most that many calls more than there are tickets in the pipeline.
    private const int MostUncommitted = 1_024;

    // Less than the longest timer, by far.
    private static readonly TimeSpan LongestWaitForQuota = TimeSpan.FromDays(30);

    // The consumer's own.
    private readonly OutputLine _line = new();
    private readonly ExhaustionWatch _exhaustion = new();
    private readonly FailureWatch _failures;
    private readonly List<Settled<BatchRequest, ProviderResponse>> _held = [];
    private readonly ExhaustedTargets _exhausted;

    // Written by the consumer; only for people to look at.
    private volatile string? _lastFailure;

    // Null when a run does not wait for quotas.
    private readonly ParkedRequests? _parked;

    // Set when a run begins.
    private SpendBudget? _budget;
    private AttemptAccount? _account;

    // The input's reader's own; null when equal requests are sent as they come.
    private readonly LeaderLedger? _leaders;

    private BatchJob(BatchJobOptions options, JobFiles files)
    {
        _options = options;
        _files = files;
        _leaders = options.Dedupe ? new LeaderLedger() : null;
        _parked = options.WaitForQuota is { } longest ? new ParkedRequests(longest) : null;
        _failures = new FailureWatch(options.StopAtFailureShare);
        _exhausted = new ExhaustedTargets(options.TimeProvider);
        _spend = new SpendMeter(options.Prices, files.SpentBefore, options.Estimator);
        _tally = new JobTally(files.Input.CanSeek ? files.Input.Length : 0, files.AlreadyFailed, _spend);
    }

    /// <summary>How far the job is.</summary>
    public BatchJobCounts Counts => _parked is null ? _tally.Read() : _tally.Read() with { Parked = _parked.Count, WaitsUntil = _parked.WaitsUntil };

    /// <summary>Whether a further run goes on where this one ends; not when answers go to a stream.</summary>
    public bool IsResumable => _options.ResultsStream is null;

    /// <summary>Whether the input was found changed when the run ended: a further run is refused until it is put back, or the change is accepted.</summary>
    public bool HasInputChanged { get; private set; }

    /// <summary>Where answers go.</summary>
    public string ResultsPath => _files.Results.Path;

    /// <summary>Where failures go; there is a file only when there are failures.</summary>
    public string ErrorsPath => _files.Errors.Path;

    /// <summary>Why the last request failed that failed in this run, in a sentence or two; null when none has.</summary>
    public string? LastFailure => _lastFailure;

    /// <summary>What a user should be told about the files of earlier runs, as sentences.</summary>
    public IReadOnlyList<string> Notes => _files.Notes;

    /// <summary>Opens the files of a job, reads what earlier runs have written, and cuts off what is damaged.</summary>
    /// <param name="options">Which files, and how to go on.</param>
    /// <param name="cancellationToken">Gives up opening.</param>
    /// <exception cref="ConfigurationException">A file cannot be used, or another run uses it. Nothing was sent.</exception>
    public static Task<BatchJob> OpenAsync(BatchJobOptions options, CancellationToken cancellationToken = default) =>
        OpenAsync(options, FilesOf(options), cancellationToken);

    /// <summary>Reads what a run would do. Changes nothing, sends nothing.</summary>
    /// <param name="options">Which files, and how to go on.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    /// <exception cref="ConfigurationException">A file cannot be used.</exception>
    public static async Task<BatchPlan> PlanAsync(BatchJobOptions options, CancellationToken cancellationToken = default)
    {
        CheckOptions(options);
        using JobFiles files = await JobFiles.LookAsync(options, FilesOf(options), cancellationToken).ConfigureAwait(Continuations.KeepContext);
        using LeaderLedger? leaders = options.Dedupe ? new LeaderLedger() : null;
        long requests = 0, done = 0, bad = 0, bytes = 0;
        TokenEstimate estimate = default;
        await foreach (BatchLine line in BatchInput.ReadAsync(files.Input, options, files.Ledger, places: null, cancellationToken)
            .ConfigureAwait(Continuations.KeepContext))
        {
            bool isFollower = leaders is not null && line.Request is not null && leaders.IsFollower(line.Request, line.IsDone);
            if (line.IsDone)
            {
                done++;
            }
            else if (isFollower)
            {
                // Not sent.
            }
            else if (line.Request is null)
            {
                bad++;
            }
            else
            {
                requests++;
                bytes += line.Request.Request.Body.Length;
                estimate = Sum(estimate, line.Request.TokensBy(options.Estimator));
            }
        }

        return new BatchPlan(requests, done, bad, bytes, estimate.Total, files.Paths.Results ?? "standard output", files.Paths.Errors)
        {
            Estimate = estimate,
            SpentBeforeUsd = Usd.Plain(files.SpentBefore),
        };
    }

    /// <summary>Runs the job to its end, or until it is told to stop.</summary>
    /// <param name="pipeline">Gets the requests answered; its endpoints are <see cref="BatchEndpoint"/>s, so that they begin no attempt once the job stops.</param>
    /// <param name="stop">Reads nothing more; what is in flight is finished and written, within <see cref="BatchJobOptions.DrainTimeout"/>.</param>
    /// <param name="abort">Gives up what is in flight as well.</param>
    /// <returns>How it ended. Failures of requests are lines in the errors file, not exceptions.</returns>
    /// <exception cref="ConfigurationException">There is a budget, and a target without a price. Nothing was sent.</exception>
    public async Task<BatchJobResult> RunAsync(
        RequestPipeline<BatchRequest, ProviderResponse> pipeline, CancellationToken stop = default, CancellationToken abort = default)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        _budget = BudgetFor(pipeline);
        long began = _options.TimeProvider.GetTimestamp();
        using JobStop ending = new(_options, stop, abort);
        _account = new AttemptAccount(new CallBudget(ending, _options.MaxCalls), _spend, _budget, ending);
        Task watching = ending.WatchAsync(pipeline.Signals, () => Counts);
        try
        {
            await RunLegsAsync(pipeline, ending).ConfigureAwait(Continuations.KeepContext);
            if (_leaders is { Waiting: > 0 })
            {
                await new FollowerPass(_options, _files, _leaders, _tally, _line).RunAsync(FollowerPass.DefaultWindow, ending.Stop)
                    .ConfigureAwait(Continuations.KeepContext);
            }
        }
        catch (OperationCanceledException) when (ending.Stop.IsCancellationRequested)
        {
            // Told to. What was in flight has no line and runs again.
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Output and input alike: nothing more can be done, and what is written is whole.
            ending.StopBecause(failure.Message);
        }

        await ending.EndAsync(watching).ConfigureAwait(Continuations.KeepContext);
        await CheckInputAsync(ending).ConfigureAwait(Continuations.KeepContext);
        BatchJobCounts counts = Counts;
        _files.OnEnded(ending.End, counts, _tally.CostOfAnswers);
        return new BatchJobResult(ending.End, ending.Reason, counts, _options.TimeProvider.GetElapsedTime(began)) { Exhausted = _exhausted.Read() };
    }

    /// <summary>Closes the files.</summary>
    public ValueTask DisposeAsync()
    {
        _files.Dispose();
        _leaders?.Dispose();
        _line.Dispose();
        return ValueTask.CompletedTask;
    }

    internal static async Task<BatchJob> OpenAsync(BatchJobOptions options, IFileSystem files, CancellationToken cancellationToken)
    {
        CheckOptions(options);
        await InputCheck.RunAsync(options, files, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        return new BatchJob(options, await JobFiles.OpenAsync(options, files, cancellationToken).ConfigureAwait(Continuations.KeepContext));
    }

    private static DiskFileSystem FilesOf(BatchJobOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return DiskFileSystem.For(options);
    }

    /// <summary>Every line was read, of one input or of two: a job whose input changed under it has not come to its end.</summary>
    private async Task CheckInputAsync(JobStop ending)
    {
        if (ending.End != BatchJobEnd.Completed)
        {
            // The next run compares.
            return;
        }

        try
        {
            if (await _files.InputChangeAsync().ConfigureAwait(Continuations.KeepContext) is { } change)
            {
                HasInputChanged = true;
                ending.StopBecause(ChangedBecause(change));
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            ending.StopBecause($"the input could not be read again at the end: {failure.Message}");
        }
    }

    private static string ChangedBecause(string change) =>
        $"{change}: it changed while the job ran, so some of its lines may not have been read. Put it back as it was, or accept what it is now with --accept-changes; what is answered stays.";

    private SpendBudget? BudgetFor(RequestPipeline<BatchRequest, ProviderResponse> pipeline)
    {
        if (_options.BudgetUsd is not { } budget)
        {
            return null;
        }

        string[] targets = [.. pipeline.Signals.Snapshot().Targets.Select(target => target.Target)];
        string[] unpriced = [.. targets.Where(target => !_options.Prices.ContainsKey(target))];
        return unpriced.Length == 0
            ? new SpendBudget(budget, _files.SpentBefore, targets.Select(target => KeyValuePair.Create(target, _options.Prices[target])), _options.Estimator)
            : throw new ConfigurationException([$"A budget needs the price of every target, and {string.Join(", ", unpriced)} has none; give the prices, or leave the budget out."]);
    }

    // A line may ask for any number of tokens.
    private static TokenEstimate Sum(TokenEstimate one, TokenEstimate other) =>
        new(new TokenEstimate(one.Input, other.Input).Total, new TokenEstimate(one.Output, other.Output).Total);

    private static void CheckOptions(BatchJobOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxLineBytes, 1, nameof(options.MaxLineBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxLineBytes, BatchInput.HardMaxLineBytes, nameof(options.MaxLineBytes));
        if (options.Dedupe && (options.Ordered || options.InputStream is not null || options.ResultsStream is not null))
        {
            throw new ConfigurationException(
                ["--dedupe writes the answers of equal requests at the end and reads both files again: not with --ordered, standard input or standard output."]);
        }

        if (options.WaitForQuota is not null && options.Ordered)
        {
            throw new ConfigurationException(
                ["--wait-for-quota lets other requests go ahead of those that wait, and --ordered keeps all in their order; leave one of them out."]);
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero((options.WaitForQuota ?? LongestWaitForQuota).Ticks, nameof(options.WaitForQuota));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.WaitForQuota ?? LongestWaitForQuota, LongestWaitForQuota, nameof(options.WaitForQuota));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxCalls ?? 1, 1, nameof(options.MaxCalls));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.BudgetUsd ?? 1, nameof(options.BudgetUsd));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.StopAtFailureShare ?? 1, nameof(options.StopAtFailureShare));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.DrainTimeout, TimeSpan.Zero, nameof(options.DrainTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Deadline ?? TimeSpan.MaxValue, TimeSpan.Zero, nameof(options.Deadline));
    }

    // ── 3, 4 Answer and write ───────────────────────────────────────────────────────────────────────────────────────────────────────

    private async Task ConsumeAsync(RequestPipeline<BatchRequest, ProviderResponse> pipeline, JobStop ending, JobLeg leg, ParkedPlaces? places)
    {
        using LineGroup group = new(_files, _tally, MostUncommitted, ending.AbortBecause);
        StreamOptions<BatchRequest> options = new() { Ordered = _options.Ordered };
        IAsyncEnumerator<Settled<BatchRequest, ProviderResponse>> answers = pipeline.RunAsync(ReadAsync(ending, leg, places), options, leg.GiveUp)
            .GetAsyncEnumerator(CancellationToken.None);
        await using (answers.ConfigureAwait(Continuations.KeepContext))
        {
            try
            {
                while (await NextAsync(answers, group, ending).ConfigureAwait(Continuations.KeepContext))
                {
                    _budget?.Release(answers.Current.Request);

                    // Given up because the job or the leg stops: it has no line and runs again. A target that says "cancelled" by itself (499) is a failure like any other.
                    bool isGivenUp = answers.Current.Outcome.Kind == OutcomeKind.Cancelled && (ending.Stop.IsCancellationRequested || leg.GiveUp.IsCancellationRequested);
                    if (!isGivenUp)
                    {
                        _parked?.OnSettled(answers.Current.Request, answers.Current.IsAnswered);
                        if (answers.Current.IsAnswered || !TryTakeLongWait(answers.Current, pipeline.Signals, ending, leg))
                        {
                            Take(answers.Current, group, ending);
                        }
                    }
                }

                WriteHeld(group);
            }
            finally
            {
                group.Commit();
            }
        }
    }

    /// <summary>The next answer. The lines of those before are written before anything is waited for.</summary>
    private static ValueTask<bool> NextAsync(IAsyncEnumerator<Settled<BatchRequest, ProviderResponse>> answers, LineGroup group, JobStop ending)
    {
        ValueTask<bool> next = answers.MoveNextAsync();
        if (!next.IsCompleted)
        {
            try
            {
                group.Write();
            }
            catch (OutputFailedException failure)
            {
                // The enumeration cannot be left while it is asked for more, so it is ended, and ends at once.
                ending.AbortBecause(failure.Message);
            }
        }

        return next;
    }

    private void Take(in Settled<BatchRequest, ProviderResponse> settled, LineGroup group, JobStop ending)
    {
        _exhausted.Look(settled);
        switch (_exhaustion.Look(settled.IsAnswered, FailureCode.CodeOf(settled.Outcome)))
        {
            case ExhaustionVerdict.Write:
                WriteHeld(group);
                Write(settled, group);
                if (_failures.Look(settled.IsAnswered ? null : FailureCode.CodeOf(settled.Outcome)) is { } reason)
                {
                    ending.StopBecause(reason);
                }

                break;
            case ExhaustionVerdict.Hold:
                _held.Add(settled);
                break;
            default:
                _held.Clear();
                ending.StopBecause($"{FailureCode.TargetOf(settled)} turns every request away: {FailureCode.MessageOf(settled.Outcome)}");
                break;
        }
    }

    private void WriteHeld(LineGroup group)
    {
        foreach (Settled<BatchRequest, ProviderResponse> held in _held)
        {
            Write(held, group);
        }

        _held.Clear();
    }

    private void Note(in Settled<BatchRequest, ProviderResponse> settled)
    {
        if (!settled.IsAnswered)
        {
            _lastFailure = FailureCode.MessageOf(settled.Outcome);
        }
        else if (settled.Outcome.Response!.Usage is { } usage)
        {
            _tally.OnUsage(usage);
        }
    }

    private void Write(in Settled<BatchRequest, ProviderResponse> settled, LineGroup group)
    {
        Note(settled);
        if (settled.IsAnswered)
        {
            decimal? cost = _spend.CostOf(settled);
            group.AddAnswer(_line.Answered(settled.Request, settled.Outcome.Response!, LineFacts.Of(settled, cost)), cost ?? 0);
        }
        else
        {
            group.AddFailure(_line.Failed(settled.Request, settled.Outcome, LineFacts.Of(settled)));
        }
    }
}
