namespace AiLib.Dataflow.Batch.Input;

/// <summary>One line of the input that is not blank: a request, or what is wrong with it.</summary>
/// <param name="Number">Its number in the file, from 1; in a Parquet file its row.</param>
/// <param name="End">How many bytes of the file were used so far; about, where it is compressed or not read in order.</param>
/// <param name="Request">The request; null when it is none.</param>
/// <param name="Error">What is wrong; null when nothing is.</param>
public readonly record struct BatchLine(long Number, long End, BatchRequest? Request, BatchLineError? Error)
{
    /// <summary>Whether an earlier run has written the line's result or error.</summary>
    internal bool IsDone { get; init; }

    /// <summary>Which entry of those that are read it is, from 0.</summary>
    internal long Place { get; init; }

    /// <summary>Whether it was read before in this run, and is a request that has waited.</summary>
    internal bool IsAgain { get; init; }
}
