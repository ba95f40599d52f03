namespace AiLib.Dataflow.Batch.Output;

/// <summary>An output file could not be written; what was written before is whole.</summary>
/// <param name="path">The file.</param>
/// <param name="cause">Why.</param>
internal sealed class OutputFailedException(string path, Exception cause)
    : IOException($"Writing to '{path}' failed: {cause.Message}", cause);
