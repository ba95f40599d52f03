namespace AiLib.Dataflow.Cli;

/// <summary>What the tool tells the shell.</summary>
internal static class ExitCode
{
    /// <summary>Every request succeeded.</summary>
    public const int Succeeded = 0;

    /// <summary>Finished; some requests failed and are in the errors file.</summary>
    public const int FinishedWithFailures = 1;

    /// <summary>The command line, the configuration or the input is wrong; nothing was sent.</summary>
    public const int Wrong = 2;

    /// <summary>Stopped early; the same command continues.</summary>
    public const int StoppedEarly = 3;

    /// <summary>Interrupted; the same command continues.</summary>
    public const int Interrupted = 130;
}
