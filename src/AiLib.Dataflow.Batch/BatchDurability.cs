namespace AiLib.Dataflow.Batch;

/// <summary>What must have happened to a line before it counts as written.</summary>
public enum BatchDurability
{
    /// <summary>It is on the disk and survives a power cut; lines that are ready together are forced to the disk together.</summary>
    Batch,

    /// <summary>
    /// It is with the operating system: it survives the end of the process, however that ends. A power cut may take the newest lines, whose requests
    /// run again.
    /// </summary>
    None,
}
