namespace AiLib.Dataflow.Batch.Input.Selection;

/// <summary>Where each line of a file begins: 8 bytes for each, in pieces, so that growing copies nothing.</summary>
internal sealed class LineOffsets
{
    private const int PieceLength = 64 * 1024;

    private readonly List<long[]> _pieces = [];

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    /// <summary>Where a line begins, counted from 0.</summary>
    public long this[long line] => _pieces[(int)(line / PieceLength)][line % PieceLength];

    /// <summary>Adds the next line.</summary>
    public void Add(long offset)
    {
        if (Count == (long)_pieces.Count * PieceLength)
        {
            _pieces.Add(new long[PieceLength]);
        }

        _pieces[^1][Count % PieceLength] = offset;
        Count++;
    }
}
