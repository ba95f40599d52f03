using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Tests.Support;

/// <summary>A disk that forgets, when the power goes, what nobody forced it to keep: pages, lengths and names.</summary>
/// <remarks>For one thread at a time. Every operation has a number, at which the power can go or the operation can fail.</remarks>
internal sealed class SimulatedDisk : IFileSystem
{
    private readonly Lock _sync = new();
    private readonly Dictionary<string, Inode> _names = new(StringComparer.Ordinal);

    // Operations on names since they were last forced to the disk, in their order.
    private readonly List<Action<Dictionary<string, Inode>>> _pendingNames = [];
    private Dictionary<string, Inode> _durableNames = new(StringComparer.Ordinal);

    /// <summary>How many operations there were.</summary>
    public int Operations { get; private set; }

    /// <summary>The operation at which the power goes; 0 for none.</summary>
    public int CrashAt { get; set; }

    /// <summary>The operation that fails; 0 for none.</summary>
    public int FailAt { get; set; }

    /// <summary>Whether a write that fails leaves half of what it was given.</summary>
    public bool FailsHalfWay { get; set; }

    /// <summary>The length of a page.</summary>
    public int PageBytes { get; set; } = 4096;

    /// <summary>Puts a file there for good.</summary>
    public void Put(string path, byte[] content)
    {
        Inode inode = new() { Content = content, Length = content.Length, Durable = content };
        _names[path] = inode;
        _durableNames[path] = inode;
    }

    /// <summary>What a file says; null when there is none.</summary>
    public byte[]? Read(string path) => _names.TryGetValue(path, out Inode? inode) ? inode.Content[..inode.Length] : null;

    /// <summary>What the disk has after the power came back: what was forced, and of the rest whatever chance left.</summary>
    public SimulatedDisk AfterPowerCut(Random random)
    {
        Dictionary<string, Inode> names = new(_durableNames, StringComparer.Ordinal);
        foreach (Action<Dictionary<string, Inode>> change in _pendingNames.Take(random.Next(_pendingNames.Count + 1)))
        {
            change(names);
        }

        return From(names, inode =>
        {
            int length = inode.Length >= inode.Durable.Length
                ? random.Next(inode.Durable.Length, inode.Length + 1)
                : random.Next(2) == 0 ? inode.Length : inode.Durable.Length;
            byte[] left = new byte[length];
            inode.Durable.AsSpan(0, Math.Min(length, inode.Durable.Length)).CopyTo(left);
            int fate = random.Next(4);
            for (int page = 0; page < length; page += PageBytes)
            {
                int end = Math.Min(page + PageBytes, Math.Min(length, inode.Length));
                if (end <= page || (end <= inode.Durable.Length && inode.Durable.AsSpan(page..end).SequenceEqual(inode.Content.AsSpan(page..end))))
                {
                    continue;
                }

                // A page as it was written, or as it was before; now and then all of them alike.
                if ((fate == 3 ? random.Next(2) : fate) != 0)
                {
                    inode.Content.AsSpan(page..end).CopyTo(left.AsSpan(page));
                }
            }

            return left;
        });
    }

    /// <summary>The disk after the power came back, with all names and each file cut behind what was forced of it, and the rest there or zeros.</summary>
    public SimulatedDisk AfterCut(int bytesBeyondDurable, bool zeroed) => From(_names, inode =>
    {
        int length = Math.Min(inode.Length, inode.Durable.Length + bytesBeyondDurable);
        byte[] left = inode.Content[..length];
        if (zeroed && length > inode.Durable.Length)
        {
            left.AsSpan(inode.Durable.Length).Clear();
        }

        return left;
    });

    /// <summary>The bytes of the longest file that nobody forced to the disk.</summary>
    public int MostUnforced => _names.Values.Max(inode => inode.Length - inode.Durable.Length);

    public bool Exists(string path) => _names.ContainsKey(path);

    public long LengthOf(string path) => _names.TryGetValue(path, out Inode? inode) ? inode.Length : 0;

    public Stream OpenRead(string path) => _names.TryGetValue(path, out Inode? inode)
        ? new MemoryStream(inode.Content, 0, inode.Length, writable: false)
        : throw new FileNotFoundException($"Could not find '{path}'.");

    public Stream OpenExclusive(string path)
    {
        lock (_sync)
        {
            Operate();
            if (!_names.TryGetValue(path, out Inode? inode))
            {
                inode = new Inode();
                Rename(names => names[path] = inode);
            }

            return inode.IsOpen ? throw new IOException($"'{path}' is open already.") : new OpenFile(this, inode);
        }
    }

    // Nothing of it is there when the power is back.
    public Stream OpenTemporary(string near) => new MemoryStream();

    public void Sync(Stream stream)
    {
        lock (_sync)
        {
            Operate();
            Inode inode = ((OpenFile)stream).Inode;
            inode.Durable = inode.Content[..inode.Length];
        }
    }

    public void SyncDirectoryOf(string path)
    {
        lock (_sync)
        {
            Operate();
            _durableNames = new Dictionary<string, Inode>(_names, StringComparer.Ordinal);
            _pendingNames.Clear();
        }
    }

    public void Move(string from, string to, bool overwrite)
    {
        lock (_sync)
        {
            Operate();
            if (!overwrite && _names.ContainsKey(to))
            {
                throw new IOException($"'{to}' is there.");
            }

            Rename(names =>
            {
                // On a disk that has not heard of the first name it is as if nothing happened.
                if (names.Remove(from, out Inode? inode))
                {
                    names[to] = inode;
                }
            });
        }
    }

    public void Delete(string path)
    {
        lock (_sync)
        {
            Operate();
            Rename(names => names.Remove(path));
        }
    }

    private static SimulatedDisk From(Dictionary<string, Inode> names, Func<Inode, byte[]> left)
    {
        SimulatedDisk disk = new();
        foreach ((string path, Inode inode) in names)
        {
            disk.Put(path, left(inode));
        }

        return disk;
    }

    private void Rename(Action<Dictionary<string, Inode>> change)
    {
        change(_names);
        _pendingNames.Add(change);
    }

    private void Operate()
    {
        Operations++;
        if (Operations == CrashAt)
        {
            throw new PowerCutException();
        }

        if (Operations == FailAt)
        {
            throw new IOException("Input/output error");
        }
    }

    private sealed class Inode
    {
        public byte[] Content { get; set; } = [];

        public int Length { get; set; }

        public byte[] Durable { get; set; } = [];

        public bool IsOpen { get; set; }
    }

    private sealed class OpenFile : MemoryStream
    {
        private readonly SimulatedDisk _disk;

        public OpenFile(SimulatedDisk disk, Inode inode)
        {
            _disk = disk;
            Inode = inode;
            base.Write(inode.Content, 0, inode.Length);
            Position = 0;
            inode.IsOpen = true;
        }

        public Inode Inode { get; }

        public override void Write(ReadOnlySpan<byte> buffer) => Write(buffer.ToArray(), 0, buffer.Length);

        public override void Write(byte[] buffer, int offset, int count)
        {
            lock (_disk._sync)
            {
                try
                {
                    _disk.Operate();
                }
                catch (IOException) when (_disk.FailsHalfWay)
                {
                    base.Write(buffer, offset, count / 2);
                    Show();
                    throw;
                }
                catch (PowerCutException)
                {
                    // Part of it may have come to the disk.
                    base.Write(buffer, offset, count);
                    Show();
                    throw;
                }

                base.Write(buffer, offset, count);
                Show();
            }
        }

        public override void SetLength(long value)
        {
            lock (_disk._sync)
            {
                _disk.Operate();
                base.SetLength(value);
                Show();
            }
        }

        protected override void Dispose(bool disposing)
        {
            Inode.IsOpen = false;
            base.Dispose(disposing);
        }

        private void Show()
        {
            Inode.Content = GetBuffer();
            Inode.Length = (int)Length;
        }
    }
}

/// <summary>The power goes: nothing after this happened.</summary>
internal sealed class PowerCutException : Exception;
