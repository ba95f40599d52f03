using System.Globalization;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>Finds out which process has a file open, for a message; where that can be known, on Linux and among one's own processes.</summary>
internal static class FileHolder
{
    private const string Processes = "/proc";

    /// <summary>Such as <c>process 4711 (ailib)</c>; null when it cannot be known.</summary>
    public static string? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        string full = Path.GetFullPath(path);
        foreach (string process in Directory.EnumerateDirectories(Processes))
        {
            string id = Path.GetFileName(process);
            if (int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out _) && HasOpen(process, full))
            {
                return $"process {id}{NameOf(process)}";
            }
        }

        return null;
    }

    private static bool HasOpen(string process, string path)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd"))
                .Any(descriptor => string.Equals(new FileInfo(descriptor).LinkTarget, path, StringComparison.Ordinal));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody else's, or it has just ended.
            return false;
        }
    }

    private static string NameOf(string process)
    {
        try
        {
            return $" ({File.ReadAllText(Path.Combine(process, "comm")).Trim()})";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
