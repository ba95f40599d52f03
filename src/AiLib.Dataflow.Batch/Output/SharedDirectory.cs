namespace AiLib.Dataflow.Batch.Output;

/// <summary>Finds directories in which any user may replace our files while we write them.</summary>
internal static class SharedDirectory
{
    /// <summary>What is wrong with the directory of a file; null when nothing is, and on Windows, where rights are inherited.</summary>
    /// <remarks>With the sticky bit, as <c>/tmp</c> has it, everybody may make files and nobody may replace those of others.</remarks>
    /// <param name="path">The file; its directory is there.</param>
    public static string? ProblemOf(string path)
    {
        string directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (OperatingSystem.IsWindows() || (File.GetUnixFileMode(directory) & (UnixFileMode.OtherWrite | UnixFileMode.StickyBit)) != UnixFileMode.OtherWrite)
        {
            return null;
        }

        return $"Every user of this machine may replace files in '{directory}': take the right away (chmod o-w), choose another directory, or say that it is meant "
            + "with --allow-shared-directory.";
    }
}
