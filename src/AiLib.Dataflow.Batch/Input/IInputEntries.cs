namespace AiLib.Dataflow.Batch.Input;

/// <summary>What stands in an input, one entry after another: a line, a record of a CSV file, a row of a Parquet file. Blank ones are passed over.</summary>
/// <remarks>One reader. Holds one entry, or one group of rows, never the input. The stream belongs to whoever opened it.</remarks>
internal interface IInputEntries : IAsyncDisposable
{
    /// <summary>Where the current entry stands: its line, from 1; in a Parquet file its row.</summary>
    long Number { get; }

    /// <summary>How many bytes of the file were used so far, about.</summary>
    long Position { get; }

    /// <summary>Goes to the next entry.</summary>
    /// <returns>False at the end.</returns>
    ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken);

    /// <summary>Makes a request of the current entry.</summary>
    /// <param name="request">The request, if it is one.</param>
    /// <returns>What is wrong with it; null when it is a request.</returns>
    BatchLineError? Parse(out BatchRequest? request);
}
