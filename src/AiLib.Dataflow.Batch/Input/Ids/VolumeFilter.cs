using System.Runtime.InteropServices;

namespace AiLib.Dataflow.Batch.Input.Ids;

/// <summary>Says in memory which volumes may have an id: always those that have it, and each other one with odds of about one in 200.</summary>
/// <remarks>
/// <para>
/// What is this: a Bloom filter of 12 bits an id for each volume, and those of eight volumes side by side: the byte at a place holds the same bit of each. An id has six places within 512 that follow
/// one another, so six bytes answer for eight volumes at once. Eight volumes' filters are made when the first of them comes.
/// </para>
/// <para>Threading: one thread.</para>
/// </remarks>
/// <param name="idsOfVolume">How many ids a volume has.</param>
internal sealed class VolumeFilter(int idsOfVolume) : IDisposable
{
    /// <summary>How many volumes share a byte.</summary>
    public const int Columns = 8;

    private const int BitsOfId = 12;
    private const int BlockBits = 9;
    private const int BlockPlaces = 1 << BlockBits;

    private readonly int _blocks = (int)((((long)idsOfVolume * BitsOfId) + BlockPlaces - 1) / BlockPlaces);
    private readonly List<NativeWords> _groups = [];

    /// <summary>How many groups of eight volumes there are.</summary>
    public int Groups => _groups.Count;

    /// <summary>The bytes that it takes.</summary>
    public long Bytes => (long)_groups.Count * _blocks * BlockPlaces;

    /// <summary>Adds the ids of a table, as those of a volume.</summary>
    /// <param name="volume">The volume, from 0; each one follows the one before.</param>
    /// <param name="table">Its ids.</param>
    /// <param name="buffer">Room for some of them.</param>
    public void Add(int volume, IdTable table, IdBuffer buffer)
    {
        if (volume / Columns == _groups.Count)
        {
            _groups.Add(new NativeWords((long)_blocks * BlockPlaces / sizeof(ulong)));
        }

        Span<byte> group = BytesOf(volume / Columns);
        byte column = (byte)(1 << (volume % Columns));
        for (int row = 0; row < IdKey.Rows; row++)
        {
            int count = table.CountOf(row);
            buffer.Reserve(count);
            table.CopyRow(row, buffer.Ids.AsSpan(0, count));
            foreach (ulong place in buffer.Ids.AsSpan(0, count))
            {
                IdKey key = new(row, IdTable.RestAt(place));
                Span<byte> block = group.Slice(BlockOf(key), BlockPlaces);
                for (int bits = 0; bits < 6 * BlockBits; bits += BlockBits)
                {
                    block[PlaceOf(key, bits)] |= column;
                }
            }
        }
    }

    /// <summary>The volumes of a group that may have an id, as bits: the first one's is the lowest.</summary>
    public uint Candidates(int group, IdKey key)
    {
        ReadOnlySpan<byte> block = BytesOf(group).Slice(BlockOf(key), BlockPlaces);
        return (uint)(block[PlaceOf(key, 0)] & block[PlaceOf(key, BlockBits)] & block[PlaceOf(key, 2 * BlockBits)]
            & block[PlaceOf(key, 3 * BlockBits)] & block[PlaceOf(key, 4 * BlockBits)] & block[PlaceOf(key, 5 * BlockBits)]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (NativeWords group in _groups)
        {
            group.Dispose();
        }
    }

    private Span<byte> BytesOf(int group) => MemoryMarshal.AsBytes(_groups[group].Slice(0, (int)_groups[group].Length));

    /// <summary>Where an id's block begins. The row and the first bits of the rest choose it, the other bits choose the places.</summary>
    private int BlockOf(IdKey key) => BlockPlaces * (int)Math.BigMul(((ulong)key.Row << (64 - IdKey.RowBits)) | (key.Rest >> (IdKey.RowBits - (64 - IdKey.RestBits))), (ulong)_blocks, out _);

    private static int PlaceOf(IdKey key, int bits) => (int)(key.Rest >> bits) & (BlockPlaces - 1);
}
