using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Running;

/// <summary>Stops a run whose input is found to be another than it was: it has not come to its end.</summary>
/// <remarks>For one thread.</remarks>
internal sealed class ChangedInput(JobFiles files, JobStop stop)
{
    /// <summary>Whether it was found changed.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>Looks, and stops the run if it has changed.</summary>
    /// <returns>Whether it has.</returns>
    /// <exception cref="IOException">It cannot be read any more.</exception>
    public async Task<bool> LookAsync()
    {
        if (await files.InputChangeAsync().ConfigureAwait(Continuations.KeepContext) is { } change)
        {
            HasChanged = true;
            stop.StopBecause($"{change}: it changed while the job ran, so some of its lines may not have been read. Put it back as it was, or accept what it is now with --accept-changes; what is answered stays.");
        }

        return HasChanged;
    }

    /// <summary>Looks when every line was read.</summary>
    public async Task LookAtTheEndAsync()
    {
        try
        {
            await LookAsync().ConfigureAwait(Continuations.KeepContext);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            stop.StopBecause($"the input could not be read again at the end: {failure.Message}");
        }
    }
}
