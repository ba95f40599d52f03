using System.Buffers;
using System.Diagnostics;

namespace AiLib.Dataflow.Batch.Input.Rows;

/// <summary>Cuts a CSV file into records without ever holding more than one of the allowed length.</summary>
/// <remarks>
/// <para>What is this: a buffer that grows up to the longest allowed record, and a walk over it with four states: at the start of a value, within one, within
/// quotes, behind a quote within quotes. A quote counts only at the start of a value, so an inch sign within one is text. What is too long is dropped as it is
/// read, and the walk goes on to its end.</para>
/// <para>Threading: one reader.</para>
/// </remarks>
internal sealed class CsvSplitter
{
    private const byte Quote = (byte)'"';
    private const byte LineFeed = (byte)'\n';
    private const int FirstBufferBytes = 64 * 1024;

    // What may stand between values as long as the first record has not said it.
    private static readonly SearchValues<byte> AnyDelimiter = SearchValues.Create(",;\t"u8);

    private readonly Stream _stream;
    private readonly int _maxRecordBytes;

    private byte[] _buffer;
    private int _start;
    private int _scanned;
    private int _end;
    private bool _streamEnded;
    private bool _hasBegun;

    // Of the record that is being read.
    private Place _place;
    private bool _hasTextAfterQuote;
    private long _linesWithin;
    private long _offset;
    private long _dropped;
    private long _line = 1;

    public CsvSplitter(Stream stream, int maxRecordBytes, int firstBufferBytes = FirstBufferBytes)
    {
        Debug.Assert(maxRecordBytes > 0);
        _stream = stream;
        _maxRecordBytes = maxRecordBytes;
        _buffer = new byte[Math.Max(4, Math.Min(firstBufferBytes, maxRecordBytes + 2))];
    }

    private enum Place
    {
        StartOfValue,
        WithinValue,
        WithinQuotes,
        BehindQuote,
    }

    /// <summary>What stands between values; to be set when the first record has said it.</summary>
    public SearchValues<byte> Delimiters { get; set; } = AnyDelimiter;

    /// <summary>The record that was read last.</summary>
    public CsvRecord Current { get; private set; }

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads the next record.</summary>
    /// <returns>False at the end of the stream.</returns>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default)
    {
        if (!_hasBegun)
        {
            _hasBegun = true;
            await SkipByteOrderMarkAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }

        while (true)
        {
            if (Walk())
            {
                Take(_scanned - 1, lineFeed: 1);
                return true;
            }

            if (_dropped > 0 || _end - _start > _maxRecordBytes)
            {
                _dropped += _end - _start;
                _start = _scanned = _end = 0;
            }

            if (_streamEnded)
            {
                if (_start == _end && _dropped == 0)
                {
                    return false;
                }

                Take(_end, lineFeed: 0);
                return true;
            }

            await FillAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }
    }

    /// <summary>Goes on over what was read.</summary>
    /// <returns>Whether a record has ended; it ends right before where the walk stands.</returns>
    private bool Walk()
    {
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, _end);
        while (_scanned < _end)
        {
            byte next = bytes[_scanned++];
            switch (_place)
            {
                case Place.WithinQuotes:
                    _place = next == Quote ? Place.BehindQuote : Place.WithinQuotes;
                    _linesWithin += next == LineFeed ? 1 : 0;
                    break;
                case Place.BehindQuote when next == Quote:
                    _place = Place.WithinQuotes;
                    break;
                case Place.StartOfValue when next == Quote:
                    _place = Place.WithinQuotes;
                    break;
                case var _ when next == LineFeed:
                    return true;
                case var _ when Delimiters.Contains(next):
                    _place = Place.StartOfValue;
                    break;
                default:
                    _hasTextAfterQuote |= _place == Place.BehindQuote && next != (byte)'\r';
                    _place = _place == Place.BehindQuote && next == (byte)'\r' ? Place.BehindQuote : Place.WithinValue;
                    break;
            }
        }

        return false;
    }

    private void Take(int contentEnd, int lineFeed)
    {
        ReadOnlyMemory<byte> content = _buffer.AsMemory(_start, contentEnd - _start);
        if (content.Span.EndsWith("\r"u8) && _place != Place.WithinQuotes)
        {
            content = content[..^1];
        }

        CsvRecordState state = _place == Place.WithinQuotes ? CsvRecordState.Unclosed
            : _dropped > 0 || content.Length > _maxRecordBytes ? CsvRecordState.TooLong
            : _hasTextAfterQuote ? CsvRecordState.TextAfterQuote
            : CsvRecordState.Whole;
        long end = _offset + _dropped + contentEnd - _start + lineFeed;
        Current = new CsvRecord(_line, _offset, end, state == CsvRecordState.TooLong ? default : content, state);
        _line += _linesWithin + 1;
        _start = _scanned = contentEnd + lineFeed;
        _offset = end;
        _dropped = 0;
        _linesWithin = 0;
        _hasTextAfterQuote = false;
        _place = Place.StartOfValue;
    }

    private async ValueTask SkipByteOrderMarkAsync(CancellationToken cancellationToken)
    {
        while (_end < ByteOrderMark.Length && !_streamEnded)
        {
            await FillAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }

        if (_buffer.AsSpan(0, _end).StartsWith(ByteOrderMark))
        {
            _start = _scanned = ByteOrderMark.Length;
            _offset = ByteOrderMark.Length;
        }
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_end == _buffer.Length)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            }
            else
            {
                // A record of the allowed length, its line end and one byte that shows that it is longer.
                Array.Resize(ref _buffer, (int)Math.Min(2L * _buffer.Length, Math.Max(_buffer.Length + 1L, _maxRecordBytes + 3L)));
            }

            _scanned -= _start;
            _end -= _start;
            _start = 0;
        }

        int read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(Continuations.KeepContext);
        _streamEnded = read == 0;
        _end += read;
    }
}
