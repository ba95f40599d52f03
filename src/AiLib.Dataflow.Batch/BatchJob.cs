using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Batch.Running;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch;

/// <summary>Gets a file of requests answered, each once, over any number of runs.</summary>
/// <remarks>
/// <para>
/// The way of a line: 1 read; 2 skipped when an earlier run has written what came of it, or written as an error when it is no request; 3 through
/// the pipeline; 4 written, together with the other answers that are ready, before the next one is waited for, and counted when it is committed. So
/// memory depends on the pipeline's slots and not on the length of the file, but for about 2 bytes for each id.
/// </para>
/// <para>
/// A line counts as written when it is on the disk and survives a power cut, unless <see cref="BatchJobOptions.Durability"/> says less. What is in
/// flight or not counted when a run ends in any way has no line, or a whole one; a line cut in two is found and cut off at the next start.
/// </para>
/// <para>The order of a run is in <see cref="BatchRun"/>.</para>
/// <para>Threading: open, run and dispose from one thread at a time; <see cref="Counts"/> from anywhere.</para>
/// </remarks>
public sealed class BatchJob : IAsyncDisposable
{
    private readonly JobParts _parts;

    private BatchJob(JobParts parts) => _parts = parts;

    /// <summary>How far the job is.</summary>
    public BatchJobCounts Counts => _parts.Counts;

    /// <summary>Whether a further run goes on where this one ends; not when answers go to a stream.</summary>
    public bool IsResumable => _parts.Options.ResultsStream is null;

    /// <summary>Whether the input was found changed when the run ended: a further run is refused until it is put back, or the change is accepted.</summary>
    public bool HasInputChanged { get; private set; }

    /// <summary>Where answers go.</summary>
    public string ResultsPath => _parts.Files.Results.Path;

    /// <summary>Where failures go; there is a file only when there are failures.</summary>
    public string ErrorsPath => _parts.Files.Errors.Path;

    /// <summary>Why the last request failed that failed in this run, in a sentence or two; null when none has.</summary>
    public string? LastFailure => _parts.Tally.LastFailure;

    /// <summary>What a user should be told about the files, as sentences: of what earlier runs left, when the job was opened; what could not be kept of a run, when it has ended.</summary>
    public IReadOnlyList<string> Notes => _parts.Files.Notes;

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
    public static Task<BatchPlan> PlanAsync(BatchJobOptions options, CancellationToken cancellationToken = default) =>
        BatchPlanner.ReadAsync(options, FilesOf(options), cancellationToken);

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
        using BatchRun run = new(_parts, pipeline, stop, abort);
        BatchJobResult result = await run.RunAsync().ConfigureAwait(Continuations.KeepContext);
        HasInputChanged = run.HasInputChanged;
        return result;
    }

    /// <summary>Closes the files.</summary>
    public ValueTask DisposeAsync()
    {
        _parts.Dispose();
        return ValueTask.CompletedTask;
    }

    internal static async Task<BatchJob> OpenAsync(BatchJobOptions options, IFileSystem files, CancellationToken cancellationToken)
    {
        JobOptionsCheck.Check(options);
        await InputCheck.RunAsync(options, files, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        return new BatchJob(new JobParts(options, await JobFiles.OpenAsync(options, files, cancellationToken).ConfigureAwait(Continuations.KeepContext)));
    }

    private static DiskFileSystem FilesOf(BatchJobOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return DiskFileSystem.For(options);
    }
}
