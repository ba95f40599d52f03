using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace AiLib.Dataflow.Batch.Input.Ids;

/// <summary>The ids of a job that are no longer in memory: volumes in a temporary file.</summary>
/// <remarks>
/// <para>
/// What is this: each volume has the ids that were the newest at some time, and a filter says which volumes may have an id, so a new one is hardly ever looked for in the file. Ids that were
/// written in some order are mostly asked for in that order: a volume that was the one several times in a row is read as a whole, and the last two such stay in memory. In any other order
/// each id costs the reading of a row, about a kilobyte.
/// </para>
/// <para>Threading: one thread.</para>
/// </remarks>
/// <param name="idsOfVolume">How many ids a volume has.</param>
/// <param name="openFile">Opens the file, for reading and writing; it is closed with this.</param>
internal sealed class IdVolumes(int idsOfVolume, Func<Stream> openFile) : IDisposable
{
    // So many ids in a row that one volume had: by chance that does not happen, and they cost less than reading the volume.
    private const int LoadAfter = 8;

    // Two, because around the end of one volume both are asked.
    private const int MostLoaded = 2;

    private readonly VolumeFilter _filter = new(idsOfVolume);
    private readonly IdBuffer _buffer = new();
    private readonly List<IdVolume> _volumes = [];

    // The volumes in memory, the one asked last first.
    private readonly List<LoadedVolume> _loaded = new(MostLoaded);

    private Stream? _file;
    private IdVolume? _last;
    private int _timesInARow;

    /// <summary>How many ids there are.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of memory that they take.</summary>
    public long Bytes => _filter.Bytes + _volumes.Sum(static volume => volume.Bytes) + _loaded.Sum(static loaded => loaded.Bytes);

    /// <summary>How often the file was read, a row of it or a volume.</summary>
    public long Reads { get; private set; }

    /// <summary>Writes the ids of a table as a volume. The table keeps them.</summary>
    /// <exception cref="IOException">That was not possible, and changed nothing; <see cref="UnauthorizedAccessException"/> and <see cref="NotSupportedException"/> mean the same.</exception>
    public void Add(IdTable table)
    {
        _file ??= openFile();
        long end = _file.Length;
        _file.Position = end;
        IdVolume volume;
        try
        {
            volume = IdVolume.Write(table, _file, _buffer);
        }
        catch
        {
            TryCut(end);
            throw;
        }

        _filter.Add(_volumes.Count, table, _buffer);
        _volumes.Add(volume);
        Count += volume.Count;
    }

    /// <summary>Looks for an id.</summary>
    /// <param name="key">The id.</param>
    /// <param name="volume">The volume that has it.</param>
    /// <param name="index">Which of the volume's it is.</param>
    /// <exception cref="IOException">The file cannot be read any more.</exception>
    public bool TryFind(IdKey key, [NotNullWhen(true)] out IdVolume? volume, out int index)
    {
        foreach (LoadedVolume loaded in _loaded)
        {
            index = loaded.Volume!.Find(key, loaded.Ids);
            if (index >= 0)
            {
                volume = loaded.Volume;
                MoveToFront(loaded);
                return true;
            }
        }

        for (int group = 0; group < _filter.Groups; group++)
        {
            for (uint candidates = _filter.Candidates(group, key); candidates != 0; candidates &= candidates - 1)
            {
                volume = _volumes[(group * VolumeFilter.Columns) + BitOperations.TrailingZeroCount(candidates)];
                if (TryRead(volume, key, out index))
                {
                    return true;
                }
            }
        }

        (volume, index) = (null, -1);
        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _filter.Dispose();
        foreach (LoadedVolume loaded in _loaded)
        {
            loaded.Dispose();
        }

        _file?.Dispose();
    }

    private bool TryRead(IdVolume volume, IdKey key, out int index)
    {
        index = -1;
        foreach (LoadedVolume loaded in _loaded)
        {
            if (ReferenceEquals(loaded.Volume, volume))
            {
                // It was looked at already.
                return false;
            }
        }

        Reads++;
        index = volume.Find(key, _file!, _buffer);
        if (index < 0)
        {
            return false;
        }

        _timesInARow = ReferenceEquals(volume, _last) ? _timesInARow + 1 : 1;
        _last = volume;
        if (_timesInARow == LoadAfter)
        {
            Load(volume);
        }

        return true;
    }

    /// <summary>Reads a volume into memory, where there is room or in the place of the one that was asked longest ago.</summary>
    private void Load(IdVolume volume)
    {
        LoadedVolume room;
        if (_loaded.Count < MostLoaded)
        {
            room = new LoadedVolume(idsOfVolume);
        }
        else
        {
            room = _loaded[^1];
            _loaded.RemoveAt(_loaded.Count - 1);
        }

        Reads++;
        try
        {
            room.Read(volume, _file!);
        }
        catch
        {
            room.Dispose();
            throw;
        }

        _loaded.Insert(0, room);
    }

    private void MoveToFront(LoadedVolume loaded)
    {
        if (!ReferenceEquals(_loaded[0], loaded))
        {
            _loaded.Remove(loaded);
            _loaded.Insert(0, loaded);
        }
    }

    private void TryCut(long length)
    {
        try
        {
            _file!.SetLength(length);
        }
        catch (Exception exception) when (exception is IOException or NotSupportedException)
        {
            // Reported already by what failed before; what stands there is not read.
        }
    }
}
