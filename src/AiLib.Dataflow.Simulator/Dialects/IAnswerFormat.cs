using AiLib.Dataflow.Simulator.Serving;

namespace AiLib.Dataflow.Simulator.Dialects;

/// <summary>Writes the answers of one operation, whole or piece by piece.</summary>
internal interface IAnswerFormat
{
    /// <summary>Writes the whole answer.</summary>
    void WriteWhole(ResponseBuffer buffer, in Answer answer);

    /// <summary>Writes what comes before the first token of a stream.</summary>
    void WriteOpening(ResponseBuffer buffer, in Answer answer);

    /// <summary>Writes one token of a stream.</summary>
    void WriteToken(ResponseBuffer buffer, in Answer answer, int index);

    /// <summary>Writes what comes after the last token of a stream.</summary>
    void WriteClosing(ResponseBuffer buffer, in Answer answer);

    /// <summary>Writes something that keeps a stream alive and means nothing.</summary>
    void WriteKeepAlive(ResponseBuffer buffer);
}
