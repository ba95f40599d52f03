namespace AiLib.Dataflow.Cli.Help;

/// <summary>A command whose help shows how it is used.</summary>
internal interface IHasExamples
{
    /// <summary>Command lines that work as they stand, but for the names of files and what providers call their models; the shortest first.</summary>
    IReadOnlyList<string> Examples { get; }
}
