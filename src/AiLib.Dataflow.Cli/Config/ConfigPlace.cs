using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Cli.Config;

/// <summary>Reads a configuration file from where only this user, or root, can have put it.</summary>
/// <remarks>A file that was only found is not read through a link. One that was named may be a link, as in containers, or a pipe of the shell.</remarks>
internal static class ConfigPlace
{
    private const int MaxBytes = 1024 * 1024;
    private const uint Root = 0;
    private const string Meant = "or say that it is meant with --allow-shared-directory";

    /// <summary>Reads it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="source">Who named it, for messages; empty when nobody did.</param>
    /// <param name="isNamed">Whether somebody named it.</param>
    /// <param name="allowsSharedDirectory">Whether others may replace it.</param>
    /// <exception cref="ConfigurationException">It cannot be read, or others can have put it there.</exception>
    public static byte[] Read(string path, string source, bool isNamed, bool allowsSharedDirectory)
    {
        try
        {
            if (!isNamed && (new FileInfo(path).LinkTarget is not null || FileStatus.OfName(path) is { Kind: not FileKind.Ordinary }))
            {
                throw Refused(source, path, "is not an ordinary file; name the file that is meant with --config");
            }

            using FileStream file = new(path, new FileStreamOptions { Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 });
            if (!allowsSharedDirectory && FileStatus.Of(file.SafeFileHandle) is not { Kind: FileKind.Other })
            {
                RefuseOthers(file, path, source);
            }

            byte[] bytes = new byte[MaxBytes + 1];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length <= MaxBytes ? bytes[..length] : throw Refused(source, path, "has more than 1 MiB; it is no configuration of this tool");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refused(source, path, $"cannot be read: {exception.Message.TrimEnd('.')}");
        }
    }

    private static void RefuseOthers(FileStream file, string path, string source)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if (SharedDirectory.ProblemOf(path) is { } problem)
        {
            throw new ConfigurationException([$"{source}{path} is not read. {problem}"]);
        }

        if ((File.GetUnixFileMode(file.SafeFileHandle) & UnixFileMode.OtherWrite) != UnixFileMode.None)
        {
            throw Refused(source, path, $"may be written by every user of this machine: take the right away (chmod o-w), {Meant}");
        }

        if (FileStatus.Of(file.SafeFileHandle) is { } status && status.Owner != FileStatus.Me && status.Owner != Root)
        {
            throw Refused(source, path, FormattableString.Invariant($"belongs to another user (number {status.Owner}; this is {FileStatus.Me}): make a copy of your own, {Meant}"));
        }
    }

    private static ConfigurationException Refused(string source, string path, string why) => new([$"{source}{path} {why}."]);
}
