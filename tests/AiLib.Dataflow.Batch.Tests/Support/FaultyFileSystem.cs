using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Tests.Support;

/// <summary>The disk, until the n-th write: that one writes half of its bytes and fails, as a full disk does; and so do all after it.</summary>
internal sealed class FaultyFileSystem(int failingWrite) : IFileSystem
{
    private int _writes;

    public bool Exists(string path) => DiskFileSystem.Instance.Exists(path);

    public Stream OpenRead(string path) => DiskFileSystem.Instance.OpenRead(path);

    public Stream OpenExclusive(string path) => new FullDisk(DiskFileSystem.Instance.OpenExclusive(path), this);

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

        public override void SetLength(long value) => throw new IOException("Input/output error");

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (Interlocked.Increment(ref files._writes) >= files.FailingWrite)
            {
                inner.Write(buffer, offset, count / 2);
                throw new IOException("No space left on device");
            }

            inner.Write(buffer, offset, count);
        }

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }

    private int FailingWrite { get; } = failingWrite;
}
