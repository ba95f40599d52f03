using AiLib.Dataflow.Batch;

namespace AiLib.Dataflow.Cli.Recording;

/// <summary>How a run ended, in the word that files and summaries use.</summary>
internal static class EndTexts
{
    /// <summary>The word.</summary>
    public static string ToText(this BatchJobEnd end) => end switch
    {
        BatchJobEnd.StoppedEarly => "stopped_early",
        BatchJobEnd.Interrupted => "interrupted",
        _ => "completed",
    };
}
