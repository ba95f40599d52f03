using System.Text;

namespace AiLib.Dataflow.Cli.Report;

/// <summary>The file of a page. Only a page of ours is ever replaced.</summary>
internal static class ReportFile
{
    private const int LookedAt = 1_024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Refuses a place where a page cannot go.</summary>
    /// <exception cref="ConfigurationException">There is no such directory, or a file that is not a page of ours.</exception>
    public static void Check(string path)
    {
        string? directory = Path.GetDirectoryName(Path.GetFullPath(path));
        if (!Directory.Exists(directory))
        {
            throw new ConfigurationException([$"The directory '{directory}' of the report is not there; make it first."]);
        }

        if (Directory.Exists(path) || new FileInfo(path).LinkTarget is not null || (File.Exists(path) && !IsOurs(path)))
        {
            throw new ConfigurationException([$"The report cannot go to '{path}': what is there is not a report of this tool. Choose another name, or move it away."]);
        }
    }

    /// <summary>Writes the page beside its place first, then puts it there whole.</summary>
    /// <exception cref="ConfigurationException">It cannot go there.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, string page)
    {
        Check(path);
        string part = path + ".part";
        File.Delete(part);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (StreamWriter writer = new(part, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), options))
        {
            writer.Write(page);
        }

        File.Move(part, path, overwrite: true);
    }

    private static bool IsOurs(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] beginning = new byte[LookedAt];
            int length = file.ReadAtLeast(beginning, LookedAt, throwOnEndOfStream: false);
            return Encoding.UTF8.GetString(beginning, 0, length).Contains($"content=\"{ReportPage.Generator}\"", StringComparison.Ordinal);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
