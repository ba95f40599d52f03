namespace AiLib.Dataflow.Batch.Output;

/// <summary>The disk. How files are opened for writing: see <see cref="OwnFile"/>.</summary>
/// <param name="allowsOtherOwners">Whether files of other users are written to.</param>
internal sealed class DiskFileSystem(bool allowsOtherOwners = false) : IFileSystem
{
    /// <summary>The usual one; it has no state.</summary>
    public static DiskFileSystem Instance { get; } = new();

    /// <summary>The one that a job is to use.</summary>
    public static DiskFileSystem For(BatchJobOptions options) => options.AllowSharedDirectory ? new DiskFileSystem(allowsOtherOwners: true) : Instance;

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
    public Stream OpenExclusive(string path) => OwnFile.Open(path, allowsOtherOwners);

    /// <inheritdoc/>
    public Stream OpenTemporary(string near) => OwnFile.CreateTemporary(near);

    /// <inheritdoc/>
    public void Sync(Stream stream) => DiskSync.File(((FileStream)stream).SafeFileHandle);

    /// <inheritdoc/>
    public void SyncDirectoryOf(string path) => DiskSync.Directory(Path.GetDirectoryName(Path.GetFullPath(path))!);

    /// <inheritdoc/>
    public void Move(string from, string to, bool overwrite) => File.Move(from, to, overwrite);

    /// <inheritdoc/>
    public void Delete(string path) => File.Delete(path);
}
