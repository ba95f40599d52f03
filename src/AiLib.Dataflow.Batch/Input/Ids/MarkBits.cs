namespace AiLib.Dataflow.Batch.Input.Ids;

/// <summary>One mark of each of so many ids: a bit, and nothing at all while every id has it, or none.</summary>
internal sealed class MarkBits(int count)
{
    private ulong[]? _bits;
    private int _set;

    /// <summary>The bytes that it takes.</summary>
    public int Bytes => (_bits?.Length ?? 0) * sizeof(ulong);

    /// <summary>Whether an id has the mark.</summary>
    public bool this[int index]
    {
        get => _bits is null ? _set > 0 : (_bits[index / 64] >> (index % 64) & 1) != 0;
        set
        {
            if (this[index] != value)
            {
                Flip(index, value);
            }
        }
    }

    private void Flip(int index, bool value)
    {
        if (_bits is null)
        {
            _bits = new ulong[(count + 63) / 64];
            Array.Fill(_bits, _set > 0 ? ulong.MaxValue : 0);
        }

        _bits[index / 64] ^= 1UL << (index % 64);
        _set += value ? 1 : -1;
        if (_set == 0 || _set == count)
        {
            _bits = null;
        }
    }
}
