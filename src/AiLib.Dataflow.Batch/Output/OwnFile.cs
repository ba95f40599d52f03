using Microsoft.Win32.SafeHandles;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>Opens files that only we write: ordinary ones, our own, and never through a link.</summary>
/// <remarks>
/// <para>
/// New files are readable by their owner only, whatever the umask says. <see cref="FileShare.None"/> is a lock of the operating system that dies with
/// the process, so a lock is never stale.
/// </para>
/// <para>
/// A name may be given to another file between a look at it and its opening. So the one that is open is looked at again, and must be the one that the
/// name stands for by itself; opening writes nothing. On Linux; elsewhere the name is only asked before and after whether it is a link.
/// </para>
/// </remarks>
internal static class OwnFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Opens a file for reading and writing, at its start, for nobody but us; makes it when it is not there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="allowsOtherOwners">Whether it may belong to another user.</param>
    /// <exception cref="UnsafePlaceException">There is something else than such a file.</exception>
    public static FileStream Open(string path, bool allowsOtherOwners = false)
    {
        CheckName(path);
        if (!File.Exists(path))
        {
            return Create(path);
        }

        FileStream file = new(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 });
        try
        {
            CheckOpened(file.SafeFileHandle, path, allowsOtherOwners);
            return file.CanSeek ? file : throw NotOrdinary(path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Makes a file that must not be there; what is there meanwhile, link or not, is not followed and not opened.</summary>
    public static FileStream Create(string path) => Create(path, FileOptions.None);

    /// <summary>Makes a file that loses its name at once, so that it is gone when it is closed or the process ends; on Windows the system removes it then.</summary>
    /// <param name="near">Its directory, and the beginning of the name that it has for a moment.</param>
    public static FileStream CreateTemporary(string near)
    {
        string path = $"{near}.{Path.GetRandomFileName()}";
        if (OperatingSystem.IsWindows())
        {
            return Create(path, FileOptions.RandomAccess | FileOptions.DeleteOnClose);
        }

        FileStream file = Create(path, FileOptions.RandomAccess);
        try
        {
            File.Delete(path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static FileStream Create(string path, FileOptions kind)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0, Options = kind };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        FileStream file = new(path, options);
        if (file.CanSeek)
        {
            return file;
        }

        file.Dispose();
        throw NotOrdinary(path);
    }

    /// <summary>Refuses a name that stands for a link, a pipe or a device; before opening, because opening alone does things to a device, and waits at a pipe.</summary>
    /// <exception cref="UnsafePlaceException">It does.</exception>
    public static void CheckName(string path)
    {
        if (new FileInfo(path).LinkTarget is not null)
        {
            throw Linked(path);
        }

        if (FileStatus.OfName(path) is { Kind: not FileKind.Ordinary })
        {
            throw NotOrdinary(path);
        }
    }

    private static void CheckOpened(SafeFileHandle file, string path, bool allowsOtherOwners)
    {
        if (FileStatus.Of(file) is not { } opened)
        {
            CheckName(path);
            return;
        }

        if (opened.Kind != FileKind.Ordinary)
        {
            throw NotOrdinary(path);
        }

        if (FileStatus.OfName(path) != opened)
        {
            throw new UnsafePlaceException($"'{path}' was replaced while it was being opened; see who else writes to its directory.");
        }

        if (!allowsOtherOwners && opened.Owner != FileStatus.Me)
        {
            throw new UnsafePlaceException(FormattableString.Invariant(
                $"'{path}' belongs to another user (number {opened.Owner}; this is {FileStatus.Me}): choose another place, or say that it is meant with --allow-shared-directory."));
        }
    }

    private static UnsafePlaceException Linked(string path) => new($"'{path}' is a symbolic link; name the file itself.");

    private static UnsafePlaceException NotOrdinary(string path) => new($"'{path}' is not an ordinary file.");
}
