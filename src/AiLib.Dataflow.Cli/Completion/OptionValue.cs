namespace AiLib.Dataflow.Cli.Completion;

/// <summary>What an option takes.</summary>
internal enum OptionValue
{
    /// <summary>Nothing: it is there or not.</summary>
    None,

    /// <summary>A value that stands behind <c>=</c>, or nothing.</summary>
    Attached,

    /// <summary>A file.</summary>
    File,

    /// <summary>Anything else.</summary>
    Text,
}
