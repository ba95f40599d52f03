namespace AiLib.Dataflow.Batch.Input;

/// <summary>How requests stand in an input.</summary>
public enum BatchInputFormat
{
    /// <summary>One JSON object on each line: OpenAI's batch form, or the body alone.</summary>
    JsonLines,

    /// <summary>Values separated by commas, semicolons or tabs, after a line with the names of the columns. Needs a prompt.</summary>
    Csv,

    /// <summary>A Parquet file. Needs a prompt.</summary>
    Parquet,
}
