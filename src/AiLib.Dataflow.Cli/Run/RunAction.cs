using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Cli.Binding;
using AiLib.Dataflow.Cli.Recording;
using AiLib.Dataflow.Cli.Report;
using AiLib.Dataflow.Cli.Shutdown;
using AiLib.Dataflow.Cli.Targets;
using AiLib.Dataflow.Cli.Terminal;
using AiLib.Dataflow.Pools;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Signals;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.Cli.Run;

/// <summary>Runs a job: 1 check all settings; 2 open the files; 3 build the pipeline; 4 run and show how far it is; 5 say how it ended.</summary>
internal sealed class RunAction(RunSettings settings, IReadOnlyList<Target> targets, TerminalWriter terminal)
{
    private const string BreakerVariable = "AI_LIB_BREAKER_FAILURE_THRESHOLD";

    // What a limit in flight that finds itself may come to while a target's health is still a matter of how many failures come in a row.
    private const int InflightForHealth = 200;

    // What the run did; null before it began.
    private RunJournal? _journal;

    /// <summary>Runs it.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="ConfigurationException">Something is wrong with the settings or the files; nothing was sent.</exception>
    public async Task<int> RunAsync()
    {
        if (settings.ShapesSimulator && !targets.Any(target => target.IsEmbedded))
        {
            throw new ConfigurationException(["--faults, --seed and --latency are for the embedded simulator; add --target simulator, or leave them out."]);
        }

        if (settings is { WritesToStandardOutput: true, Json: true })
        {
            throw new ConfigurationException(["--output - and --json both write to standard output; choose one."]);
        }

        if (settings.InputOptions.Prompt is not null && targets.FirstOrDefault(target => target is { Model: null, IsEmbedded: false }) is { } nameless)
        {
            throw new ConfigurationException([$"--prompt makes requests without a model, and --target {nameless.Id} sets none; write --target {nameless.Plan.WhoAnswers}/MODEL{(nameless.Id == nameless.Plan.WhoAnswers ? "" : ", or say \"model\" in the configuration file")}."]);
        }

        if (settings.Report is { } report)
        {
            ReportFile.Check(report);
        }

        if (settings.Budget is not null && targets.FirstOrDefault(target => target.Prices is null) is { } unpriced)
        {
            throw new ConfigurationException([$"--budget needs the price of every target, and {unpriced.Id} has none; say what it asks for a million LLM tokens with --price IN/OUT or \"prices\" in ailib.json, or leave --budget out."]);
        }

        using StopSignals signals = new(terminal.Say);
        try
        {
            return settings.DryRun
                ? await PlanAsync(signals.Stop).ConfigureAwait(Continuations.KeepContext)
                : await RunAndReportAsync(signals).ConfigureAwait(Continuations.KeepContext);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            // Before anything was sent: the files of earlier runs were being read.
            return ExitCode.Interrupted;
        }
    }

    private async Task<int> PlanAsync(CancellationToken cancellationToken)
    {
        BatchPlan plan = await BatchJob.PlanAsync(ToJobOptions(), cancellationToken).ConfigureAwait(Continuations.KeepContext);
        foreach (string line in Summary.Describe(plan, targets, settings))
        {
            terminal.WriteData(line);
        }

        return ExitCode.Succeeded;
    }

    private async Task<int> RunAndReportAsync(StopSignals signals)
    {
        int exitCode = await RunAsync(signals).ConfigureAwait(Continuations.KeepContext);

        // The job holds its files until it is closed.
        await RunReport.WriteAsync(settings.Report, _journal, terminal).ConfigureAwait(Continuations.KeepContext);
        return exitCode;
    }

    private async Task<int> RunAsync(StopSignals signals)
    {
        BatchJob job = await BatchJob.OpenAsync(ToJobOptions(), signals.Stop).ConfigureAwait(Continuations.KeepContext);
        await using (job.ConfigureAwait(Continuations.KeepContext))
        {
            SayNotes(job, said: 0);
            SimulatorServer? simulator = targets.Any(target => target.IsEmbedded)
                ? await StartSimulatorAsync(signals.Stop).ConfigureAwait(Continuations.KeepContext)
                : null;
            List<ProviderEndpoint> endpoints = [.. targets.Select(target => new ProviderEndpoint(target.Reach(simulator?.BaseAddress)))];
            try
            {
                return await RunAsync(job, endpoints, signals).ConfigureAwait(Continuations.KeepContext);
            }
            finally
            {
                endpoints.ForEach(endpoint => endpoint.Dispose());
                if (simulator is not null)
                {
                    await simulator.DisposeAsync().ConfigureAwait(Continuations.KeepContext);
                }
            }
        }
    }

    private async Task<int> RunAsync(BatchJob job, IReadOnlyList<ProviderEndpoint> endpoints, StopSignals signals)
    {
        _journal = await RunJournal.BeginAsync(job, settings, targets, TimeProvider.System.GetUtcNow(), terminal.Say, signals.Stop)
            .ConfigureAwait(Continuations.KeepContext);
        using Progress progress = new(job, terminal, _journal, settings, AskedLimits.Of(targets));
        RequestPipeline<BatchRequest, ProviderResponse> pipeline = Build(endpoints, progress);
        int notes = job.Notes.Count;
        BatchJobResult result;
        SignalsSnapshot last;
        Bound? bound;
        try
        {
            Task showing = progress.ShowAsync(pipeline.Signals);
            result = await job.RunAsync(pipeline, signals.Stop, signals.Abort).ConfigureAwait(Continuations.KeepContext);
            last = pipeline.Signals.Snapshot();
            bound = await progress.EndAsync(showing, result, last).ConfigureAwait(Continuations.KeepContext);
        }
        finally
        {
            // The job has drained already, as far as it was to.
            await pipeline.StopAsync(TimeSpan.Zero).ConfigureAwait(Continuations.KeepContext);
        }

        SayNotes(job, notes);
        Summary summary = new(job, result, last, bound, _journal.Constraints, progress.LastTrouble);
        foreach (string line in summary.ToLines())
        {
            terminal.Say(line);
        }

        if (settings.Json)
        {
            terminal.WriteData(summary.ToJson());
        }

        return summary.ExitCode;
    }

    private void SayNotes(BatchJob job, int said)
    {
        foreach (string note in job.Notes.Skip(said))
        {
            terminal.Say(note);
        }
    }

    private RequestPipeline<BatchRequest, ProviderResponse> Build(IReadOnlyList<ProviderEndpoint> endpoints, Progress progress)
    {
        RequestPipelineBuilder<BatchRequest, ProviderResponse> builder = RequestPipeline.CreateBuilder<BatchRequest, ProviderResponse>()
            .OnRetry(progress.OnRetry)
            .OnRedirect(progress.OnRedirect)
            .OnCircuitChanged(progress.OnCircuitChanged)
            .OnMemberParked(progress.OnMemberParked);
        IEnumerable<(Target Target, BatchEndpoint Endpoint)> lanes =
            targets.Zip(endpoints, (target, endpoint) => (target, new BatchEndpoint(endpoint, target.Counting, target.Estimator)));
        foreach (IGrouping<TargetPlan, (Target Target, BatchEndpoint Endpoint)> place in lanes.GroupBy(lane => lane.Target.Plan))
        {
            AddTo(builder, place.Key, [.. place]);
        }

        if (settings.Seed is { } seed)
        {
            builder.Configure(options => options.Seed = seed);
        }

        return builder.Build();
    }

    /// <summary>Adds a place in the fallback order: a target, or the pool of its keys.</summary>
    private void AddTo(
        RequestPipelineBuilder<BatchRequest, ProviderResponse> builder, TargetPlan plan, IReadOnlyList<(Target Target, BatchEndpoint Endpoint)> members)
    {
        if (!plan.IsPool)
        {
            builder.AddTarget(plan.Id, members[0].Endpoint, options => Configure(options, plan, settings));
            return;
        }

        builder.AddPool(
            plan.Id,
            members.Select(member => new PoolMember<BatchRequest, ProviderResponse>(member.Target.Id, member.Endpoint, options => Configure(options, plan, settings))),
            options =>
            {
                foreach (LimitSetting limit in plan.Limits)
                {
                    limit.Limit.ApplyToPool?.Invoke(options.SharedLimit, limit.Said.Value);
                }
            });
    }

    /// <summary>Sets a target, or a member of a pool, as a run has it.</summary>
    internal static void Configure(TargetOptions options, TargetPlan plan, RunSettings run)
    {
        options.Retry.MaxRetries = run.MaxRetries;
        foreach (LimitSetting limit in plan.Limits)
        {
            limit.Limit.Apply?.Invoke(options, limit.Said.Value);
        }

        options.RateLimiter.Headroom = RunSettings.Headroom;
        options.RateLimiter.RequestHeadroom = 0;
        options.AttemptTimeout = run.AttemptTimeout ?? options.AttemptTimeout;
        SetBreaker(options);
    }

    private static void SetBreaker(TargetOptions options)
    {
        int inflight = options.AdaptiveLimit is null ? options.Backpressure.MaxInflight : InflightForHealth;
        if (Environment.GetEnvironmentVariable(BreakerVariable) is null && inflight > 0)
        {
            // What starts together ends together, the errors first: a row of failures shorter than what is in flight says nothing of the target's health.
            // The share of failures is judged over a few such rounds for the same reason.
            options.CircuitBreaker.FailureThreshold = Math.Max(options.CircuitBreaker.FailureThreshold, inflight);
            options.CircuitBreaker.MinimumCalls = Math.Max(options.CircuitBreaker.MinimumCalls, 4 * inflight);
        }
    }

    private BatchJobOptions ToJobOptions() => new()
    {
        InputPath = settings.Input == StandardInput.Name ? "stdin" : settings.Input,
        InputStream = settings.Input == StandardInput.Name ? TerminalWriter.OpenInput() : null,
        Input = settings.InputOptions,
        ResultsPath = settings.WritesToStandardOutput ? null : settings.Output,
        ResultsStream = settings.WritesToStandardOutput ? terminal.DataStream : null,
        ErrorsPath = settings.Errors,
        RetryErrors = settings.RetryErrors,
        RetryErrorCodes = settings.RetryErrorCodes,
        Prices = targets.Where(target => target.Prices is not null).ToDictionary(target => target.Id, target => target.Prices!, StringComparer.Ordinal),
        BudgetUsd = settings.Budget,
        // A plan and a budget are about all targets; the first is the one that most requests go to.
        Estimator = targets[0].Estimator,
        Deadline = settings.Deadline,
        WaitForQuota = settings.WaitForQuota,
        MaxCalls = settings.MaxCalls,
        StopAtFailureShare = settings.MaxFailures,
        Fresh = settings.Fresh,
        Ordered = settings.Ordered,
        Dedupe = settings.Dedupe,
        Durability = settings.Durability,
        AcceptChanges = settings.AcceptChanges,
        AllowSharedDirectory = settings.AllowSharedDirectory,
        Settings = AnswerSettings.Of(settings.InputOptions, [.. targets.Select(target => target.Plan).Distinct()]),
    };

    private Task<SimulatorServer> StartSimulatorAsync(CancellationToken cancellationToken) => SimulatorServer.StartAsync(
        new SimulatorOptions
        {
            Faults = settings.Faults ?? FaultRates.None,
            Seed = settings.Seed ?? 1,
            TimeToFirstToken = settings.Latency ?? TimeSpan.Zero,
            // Nobody asks for it here, and a run may be long.
            HistoryCapacity = 0,
        },
        cancellationToken: cancellationToken);
}
