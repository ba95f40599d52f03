namespace AiLib.Dataflow.Threading;

/// <summary>When and where something happens: read once, handed on to all who need it, because asking costs more than what they do with it.</summary>
/// <param name="Timestamp">The clock's timestamp.</param>
/// <param name="Processor">The processor that read it; the thread may have moved on since, which costs a little time and nothing else.</param>
internal readonly record struct Moment(long Timestamp, int Processor);
