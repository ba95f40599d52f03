namespace AiLib.Dataflow.Batch.Output;

/// <summary>The files of a job, and whether they can be meant.</summary>
/// <param name="Input">What is read.</param>
/// <param name="Results">Where answers go; null when they go to a stream.</param>
/// <param name="Errors">Where failures go.</param>
internal sealed record JobPaths(string Input, string? Results, string Errors)
{
    /// <summary>Takes the paths from the options, with the usual names where none are given.</summary>
    /// <exception cref="ConfigurationException">Two of them are the same file, or one cannot be what it is meant to be; all of it is said.</exception>
    public static JobPaths From(BatchJobOptions options, IFileSystem files)
    {
        JobPaths paths = new(
            options.InputPath,
            options.ResultsStream is null ? options.ResultsPath ?? SideFiles.Beside(options.InputPath, "results") : null,
            options.ErrorsPath ?? SideFiles.Beside(options.InputPath, "errors"));
        List<string> problems = [];
        if (options.InputStream is not null)
        {
            // The path is only what files are named after.
        }
        else if (Directory.Exists(paths.Input))
        {
            problems.Add($"The input '{paths.Input}' is a directory; name a file.");
        }
        else if (!files.Exists(paths.Input))
        {
            problems.Add($"The input '{paths.Input}' is not there.");
        }

        Check(paths.Results, "results", options.AllowSharedDirectory, problems);
        Check(paths.Errors, "errors", options.AllowSharedDirectory, problems);
        Differ("input", paths.Input, "results", paths.Results, problems);
        Differ("input", paths.Input, "errors", paths.Errors, problems);
        Differ("results", paths.Results, "errors", paths.Errors, problems);
        return problems.Count == 0 ? paths : throw new ConfigurationException(problems);
    }

    private static void Check(string? path, string what, bool allowsSharedDirectory, List<string> problems)
    {
        if (path is null)
        {
            return;
        }

        string full = Path.GetFullPath(path);
        string? directory = Path.GetDirectoryName(full);
        if (Directory.Exists(path))
        {
            problems.Add($"The {what} file '{path}' is a directory; name a file.");
        }
        else if (!OperatingSystem.IsWindows() && directory == "/dev")
        {
            // It cannot be read back, and reading some of them never ends.
            problems.Add($"The {what} file '{path}' is a device; name a file.");
        }
        else if (!Directory.Exists(directory))
        {
            problems.Add($"The directory '{directory}' of the {what} file is not there; make it first.");
        }
        else if (!allowsSharedDirectory && SharedDirectory.ProblemOf(path) is { } problem && !problems.Contains(problem))
        {
            problems.Add(problem);
        }
    }

    private static void Differ(string one, string? onePath, string other, string? otherPath, List<string> problems)
    {
        if (onePath is not null && otherPath is not null
            && string.Equals(Path.GetFullPath(onePath), Path.GetFullPath(otherPath), StringComparison.Ordinal))
        {
            problems.Add($"The {one} and the {other} are the same file, '{otherPath}'; give them different names.");
        }
    }
}
