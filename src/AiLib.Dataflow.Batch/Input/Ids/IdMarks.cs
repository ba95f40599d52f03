namespace AiLib.Dataflow.Batch.Input.Ids;

/// <summary>What is known of an id.</summary>
[Flags]
internal enum IdMarks
{
    /// <summary>Nothing: it was not met.</summary>
    None = 0,

    /// <summary>It was written in an earlier run.</summary>
    Done = 1,

    /// <summary>It stands in the input.</summary>
    Seen = 2,
}
