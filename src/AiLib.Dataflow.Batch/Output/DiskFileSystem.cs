namespace AiLib.Dataflow.Batch.Output;

/// <summary>The disk.</summary>
/// <remarks>
/// New files are readable by their owner only, whatever the umask says. <see cref="FileShare.None"/> is a lock of the operating system that dies
/// with the process, so
/// a lock is never stale. Links are not followed: the file that is written is the one that was named.
/// </remarks>
internal sealed class DiskFileSystem : IFileSystem
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The one instance; it has no state.</summary>
    public static DiskFileSystem Instance { get; } = new();

    /// <inheritdoc/>
    public bool Exists(string path) => File.Exists(path);

    /// <inheritdoc/>
    public long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    /// <inheritdoc/>
    public Stream OpenRead(string path) => new FileStream(path, new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        Share = FileShare.ReadWrite | FileShare.Delete,
        // The line splitter has a buffer of its own.
        BufferSize = 0,
        Options = FileOptions.SequentialScan,
    });

    /// <inheritdoc/>
    public Stream OpenExclusive(string path)
    {
        if (new FileInfo(path).LinkTarget is not null)
        {
            throw new IOException($"'{path}' is a symbolic link; name the file itself.");
        }

        bool isThere = File.Exists(path);
        FileStreamOptions options = new()
        {
            // CreateNew does not follow a link that was put there meanwhile.
            Mode = isThere ? FileMode.Open : FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!isThere && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        FileStream file = new(path, options);
        if (file.CanSeek)
        {
            return file;
        }

        file.Dispose();
        throw new IOException($"'{path}' is not an ordinary file.");
    }

    /// <inheritdoc/>
    public void Sync(Stream stream) => DiskSync.File(((FileStream)stream).SafeFileHandle);

    /// <inheritdoc/>
    public void SyncDirectoryOf(string path) => DiskSync.Directory(Path.GetDirectoryName(Path.GetFullPath(path))!);

    /// <inheritdoc/>
    public void Move(string from, string to, bool overwrite) => File.Move(from, to, overwrite);

    /// <inheritdoc/>
    public void Delete(string path) => File.Delete(path);
}
