namespace AiLib.Dataflow.Batch.Output;

/// <summary>A file is not written because of what stands at its path, or may. Nothing was written.</summary>
internal sealed class UnsafePlaceException(string message) : IOException(message);
