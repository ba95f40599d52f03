using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Batch.Repeats;
using AiLib.Dataflow.Batch.Spend;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Running;

/// <summary>One run of a job: the file that knows its order.</summary>
/// <remarks>
/// <code>
/// 1  a leg: LegReader reads the input into the pipeline, AnswerWriter writes what comes out      JobLeg says when it ends early, for a wait
/// 2  while requests are parked: QuotaWaits sleeps until the first target is back, and 1 again    ParkedRequests knows what to read again
/// 3  FollowerPass gives the followers their leaders' answers
/// 4  ChangedInput compares the input with what it was
/// 5  the job file says how it ended
/// </code>
/// <para>
/// Whoever wants to end it tells <see cref="JobStop"/>: nothing more is read and begun then, what is in flight is finished, and 2 and 3 are left out. <see cref="JobWatch"/> tells it when the time is over or
/// nobody answers, and turns the stop into giving up when nothing is in flight any more.
/// </para>
/// <para>Threading: it is the results' consumer. The input's reader is another task; watches are others.</para>
/// </remarks>
internal sealed class BatchRun : IDisposable
{
    // So many lines may wait to be committed together: a crash repeats at most that many calls more than there are tickets in the pipeline.
    private const int MostUncommitted = 1_024;

    private readonly JobParts _job;
    private readonly RequestPipeline<BatchRequest, ProviderResponse> _pipeline;
    private readonly JobStop _stop;
    private readonly AttemptAccount _account;
    private readonly ExhaustedTargets _exhausted;
    private readonly AnswerWriter _answers;
    private readonly ChangedInput _changed;
    private readonly QuotaWaits _waits;

    /// <param name="job">The job.</param>
    /// <param name="pipeline">Gets the requests answered.</param>
    /// <param name="stop">Told to stop.</param>
    /// <param name="abort">Told to give up what is in flight as well.</param>
    /// <exception cref="ConfigurationException">There is a budget, and a target without a price.</exception>
    public BatchRun(JobParts job, RequestPipeline<BatchRequest, ProviderResponse> pipeline, CancellationToken stop, CancellationToken abort)
    {
        SpendBudget? budget = SpendBudget.Of(job.Options, job.Files.SpentBefore, pipeline.Signals.Snapshot().Targets.Select(static target => target.Target));
        _job = job;
        _pipeline = pipeline;
        _stop = new JobStop(stop, abort);
        _account = new AttemptAccount(new CallBudget(_stop, job.Options.MaxCalls), job.Spend, budget, _stop);
        _exhausted = new ExhaustedTargets(job.Time);
        _answers = new AnswerWriter(job, _stop, _exhausted);
        _changed = new ChangedInput(job.Files, _stop);
        _waits = new QuotaWaits(job, _stop, pipeline.Signals, _exhausted, _changed);
    }

    /// <summary>Whether the input was found changed.</summary>
    public bool HasInputChanged => _changed.HasChanged;

    /// <summary>Runs it. Once.</summary>
    public async Task<BatchJobResult> RunAsync()
    {
        long began = _job.Time.GetTimestamp();
        JobWatch watch = new(_job.Options, _stop, _pipeline.Signals, () => _job.Counts);
        await using (watch.ConfigureAwait(Continuations.KeepContext))
        {
            try
            {
                await RunLegAsync().ConfigureAwait(Continuations.KeepContext);
                while (await _waits.SleepAsync().ConfigureAwait(Continuations.KeepContext))
                {
                    _job.Files.Input.Position = 0;
                    await RunLegAsync().ConfigureAwait(Continuations.KeepContext);
                }

                await AnswerFollowersAsync().ConfigureAwait(Continuations.KeepContext);
            }
            catch (OperationCanceledException) when (_stop.Stop.IsCancellationRequested)
            {
                // Told to. What was in flight has no line and runs again.
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Output and input alike: nothing more can be done, and what is written is whole.
                _stop.StopBecause(failure.Message);
            }
        }

        // Every line was read, of one input or of two. After any other end the next run compares.
        if (_stop.End == BatchJobEnd.Completed)
        {
            await _changed.LookAtTheEndAsync().ConfigureAwait(Continuations.KeepContext);
        }

        BatchJobCounts counts = _job.Counts;
        _job.Files.OnEnded(_stop.End, counts, _job.Tally.CostOfAnswers);
        return new BatchJobResult(_stop.End, _stop.Reason, counts, _job.Time.GetElapsedTime(began)) { Exhausted = _exhausted.Read() };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _answers.Dispose();
        _stop.Dispose();
    }

    private async Task RunLegAsync()
    {
        JobLeg leg = new(_stop, _pipeline.Signals, _job.Time, _waits.OnShut);
        await using (leg.ConfigureAwait(Continuations.KeepContext))
        {
            LegReader reader = new(_job, leg, _account, _job.Parked?.Begin());
            try
            {
                await ConsumeAsync(leg, reader).ConfigureAwait(Continuations.KeepContext);
            }
            catch (OperationCanceledException) when (leg.IsPaused && !_stop.Stop.IsCancellationRequested)
            {
                // What the pipeline still had is parked.
            }
            finally
            {
                await reader.LeftAsync().ConfigureAwait(Continuations.KeepContext);
                foreach (BatchRequest request in _job.Parked?.End(leg.IsPaused) ?? [])
                {
                    _account.OnSettled(request);
                }
            }
        }
    }

    private async Task ConsumeAsync(JobLeg leg, LegReader reader)
    {
        using LineGroup group = new(_job.Files, _job.Tally, MostUncommitted, _stop.AbortBecause);
        IAsyncEnumerator<Settled<BatchRequest, ProviderResponse>> answers = _pipeline
            .RunAsync(reader.ReadAsync(), new StreamOptions<BatchRequest> { Ordered = _job.Options.Ordered }, leg.GiveUp)
            .GetAsyncEnumerator(CancellationToken.None);
        await using (answers.ConfigureAwait(Continuations.KeepContext))
        {
            try
            {
                while (await NextAsync(answers, group).ConfigureAwait(Continuations.KeepContext))
                {
                    Take(answers.Current, leg, group);
                }

                _answers.WriteHeld(group);
            }
            finally
            {
                group.Commit();
            }
        }
    }

    /// <summary>The next answer. The lines of those before are written before anything is waited for.</summary>
    private ValueTask<bool> NextAsync(IAsyncEnumerator<Settled<BatchRequest, ProviderResponse>> answers, LineGroup group)
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
                _stop.AbortBecause(failure.Message);
            }
        }

        return next;
    }

    /// <summary>A request came to its end: it waits, or it has a line.</summary>
    private void Take(in Settled<BatchRequest, ProviderResponse> settled, JobLeg leg, LineGroup group)
    {
        _account.OnSettled(settled.Request);
        if (settled.Outcome.Kind == OutcomeKind.Cancelled && (_stop.Stop.IsCancellationRequested || leg.GiveUp.IsCancellationRequested))
        {
            // Given up because the run or the leg stops: it has no line and runs again. A target that says "cancelled" by itself (499) is a failure like any other.
            return;
        }

        _job.Parked?.OnSettled(settled.Request, settled.IsAnswered);
        if (settled.IsAnswered || !_waits.TryTake(settled, leg))
        {
            _answers.Take(settled, group);
        }
    }

    private async Task AnswerFollowersAsync()
    {
        if (_job.Leaders is not { Waiting: > 0 } leaders)
        {
            return;
        }

        using OutputLine line = new();
        await new FollowerPass(_job.Options, _job.Files, leaders, _job.Tally, line).RunAsync(FollowerPass.DefaultWindow, _stop.Stop)
            .ConfigureAwait(Continuations.KeepContext);
    }
}
