namespace AiLib.Dataflow.Batch.Input.Selection;

/// <summary>Lines of JSON in an order that a seed decides.</summary>
/// <remarks>The file is read once to find where its lines begin, then line by line from there. One reader.</remarks>
internal sealed class ShuffledLines : IInputEntries
{
    private readonly Stream _stream;
    private readonly BatchInputOptions _options;
    private readonly int _maxLineBytes;
    private readonly LineOffsets _offsets;
    private readonly Permutation _order;
    private readonly long _length;

    private byte[] _buffer = [];
    private SplitLine _line;
    private long _next;

    private ShuffledLines(Stream stream, BatchInputOptions options, int maxLineBytes, LineOffsets offsets, long length)
    {
        _stream = stream;
        _options = options;
        _maxLineBytes = maxLineBytes;
        _offsets = offsets;
        _length = length;
        _order = new Permutation(offsets.Count, options.ShuffleSeed!.Value);
    }

    /// <inheritdoc/>
    public long Number => _line.Number;

    /// <inheritdoc/>
    public long Position => (long)(_length * ((double)_next / _offsets.Count));

    /// <summary>Finds the lines.</summary>
    /// <param name="stream">The file at its start, not compressed.</param>
    /// <param name="options">How it is read, with a seed.</param>
    /// <param name="maxLineBytes">The longest line.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<ShuffledLines> OpenAsync(Stream stream, BatchInputOptions options, int maxLineBytes, CancellationToken cancellationToken)
    {
        LineOffsets offsets = new();
        LineSplitter splitter = new(stream, maxLineBytes);
        while (await splitter.MoveNextAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext))
        {
            offsets.Add(splitter.Current.Offset);
        }

        return new ShuffledLines(stream, options, maxLineBytes, offsets, splitter.Current.End);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        while (_next < _offsets.Count)
        {
            long line = _order[_next++];
            await ReadAsync(line, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            if (!_line.IsBlank)
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public BatchLineError? Parse(out BatchRequest? request) => JsonLines.Parse(_line, _options.Url, _maxLineBytes, out request);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Reads one line the way all are read, by the splitter, from a stream that holds nothing else.</summary>
    private async ValueTask ReadAsync(long line, CancellationToken cancellationToken)
    {
        long start = _offsets[line];
        long end = line + 1 < _offsets.Count ? _offsets[line + 1] : _length;
        if (end - start > _maxLineBytes + 8L)
        {
            _line = new SplitLine(line + 1, start, end, default, IsTooLong: true, IsTerminated: true);
            return;
        }

        int length = (int)(end - start);
        if (_buffer.Length < length)
        {
            _buffer = new byte[length];
        }

        _stream.Position = start;
        await _stream.ReadExactlyAsync(_buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(Continuations.KeepContext);
        _line = SplitLine.Of(line + 1, start, _buffer.AsMemory(0, length), _maxLineBytes);
    }
}
