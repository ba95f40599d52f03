using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Tests.Support;

/// <summary>The disk, until it is full: the write that does not fit leaves what does and fails, and so do all after it.</summary>
internal sealed class FaultyFileSystem(long capacity) : IFileSystem
{
    private readonly Lock _sync = new();

    // Guarded by _sync.
    private long _left = capacity;

    private long _lines;

    /// <summary>The lines that are with the disk.</summary>
    public long Lines => Interlocked.Read(ref _lines);

    /// <summary>Whether a file can be made shorter again. Default: no, the disk is broken for good.</summary>
    public bool CanCut { get; init; }

    public bool Exists(string path) => DiskFileSystem.Instance.Exists(path);

    public long LengthOf(string path) => DiskFileSystem.Instance.LengthOf(path);

    public Stream OpenRead(string path) => DiskFileSystem.Instance.OpenRead(path);

    public Stream OpenExclusive(string path) => path.Contains(".job", StringComparison.Ordinal)
        ? DiskFileSystem.Instance.OpenExclusive(path)
        : new FullDisk(DiskFileSystem.Instance.OpenExclusive(path), this);

    /// <summary>Whether what is written cannot be forced to the disk.</summary>
    public bool CannotSync { get; set; }

    public void Sync(Stream stream)
    {
        if (CannotSync)
        {
            throw new IOException("Input/output error");
        }
    }

    public Stream OpenTemporary(string near) => DiskFileSystem.Instance.OpenTemporary(near);

    public void SyncDirectoryOf(string path)
    {
    }

    public void Move(string from, string to, bool overwrite) => DiskFileSystem.Instance.Move(from, to, overwrite);

    public void Delete(string path) => DiskFileSystem.Instance.Delete(path);

    private sealed class FullDisk(Stream inner, FaultyFileSystem files) : Stream
    {
        public override bool CanRead => inner.CanRead;

        public override bool CanSeek => inner.CanSeek;

        public override bool CanWrite => inner.CanWrite;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => inner.Position = value;
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void SetLength(long value)
        {
            if (!files.CanCut)
            {
                throw new IOException("Input/output error");
            }

            inner.SetLength(value);
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            int fitting = files.Take(count);
            inner.Write(buffer, offset, fitting);
            Interlocked.Add(ref files._lines, buffer.AsSpan(offset, fitting).Count((byte)'\n'));
            if (fitting < count)
            {
                throw new IOException("No space left on device");
            }
        }

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }

    private int Take(int count)
    {
        lock (_sync)
        {
            int fitting = (int)Math.Min(count, _left);
            _left -= fitting;
            return fitting;
        }
    }
}
