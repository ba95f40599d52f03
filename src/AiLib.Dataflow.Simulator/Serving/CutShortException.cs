namespace AiLib.Dataflow.Simulator.Serving;

/// <summary>Tells the HTTP server that a response ends here, unfinished, on purpose.</summary>
internal sealed class CutShortException() : Exception("The response was cut short on purpose.");
