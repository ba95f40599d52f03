using System.Diagnostics;

namespace AiLib.Dataflow.Batch.Input;

/// <summary>Cuts a stream of bytes into lines without ever holding more than one line of the allowed length.</summary>
/// <remarks>
/// <para>What is this: a buffer that grows up to the longest allowed line. A line beyond that is dropped as it is read, up to its line feed, and reported
/// as too long. Lines end in LF or CRLF; the last one may end without; a byte order mark at the start of the file belongs to no line.</para>
/// <para>Threading: one reader.</para>
/// </remarks>
internal sealed class LineSplitter
{
    /// <summary>The longest line unless told otherwise.</summary>
    public const int DefaultMaxLineBytes = 8 * 1024 * 1024;

    private const int FirstBufferBytes = 64 * 1024;

    // A carriage return before the line feed and a byte order mark before the first line do not count.
    private const int Uncounted = 4;

    private readonly Stream _stream;
    private readonly int _maxLineBytes;

    // The bytes of the current line and of what follows it: from _start to _end, without a line feed up to _scanned.
    private byte[] _buffer;
    private int _start;
    private int _scanned;
    private int _end;

    // Where in the file the current line begins, and how much of it was dropped from the buffer.
    private long _offset;
    private long _dropped;
    private long _number;
    private bool _streamEnded;

    public LineSplitter(Stream stream, int maxLineBytes = DefaultMaxLineBytes, int firstBufferBytes = FirstBufferBytes)
    {
        Debug.Assert(maxLineBytes > 0 && firstBufferBytes > 0);
        _stream = stream;
        _maxLineBytes = maxLineBytes;
        _buffer = new byte[Math.Min(firstBufferBytes, maxLineBytes + Uncounted + 1)];
    }

    /// <summary>What may stand before the first line.</summary>
    public static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The line that was read last.</summary>
    public SplitLine Current { get; private set; }

    /// <summary>Reads the next line.</summary>
    /// <param name="cancellationToken">Ends a wait for the stream.</param>
    /// <returns>False at the end of the stream.</returns>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            int lineFeed = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            if (lineFeed >= 0)
            {
                Take(_scanned + lineFeed, isTerminated: true);
                return true;
            }

            _scanned = _end;
            if (_dropped > 0 || _end - _start > _maxLineBytes + Uncounted)
            {
                Drop();
            }

            if (_streamEnded)
            {
                if (_start == _end && _dropped == 0)
                {
                    return false;
                }

                Take(_end, isTerminated: false);
                return true;
            }

            MakeRoom();
            int read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(Continuations.KeepContext);
            _streamEnded = read == 0;
            _end += read;
        }
    }

    private void Take(int contentEnd, bool isTerminated)
    {
        ReadOnlyMemory<byte> content = _buffer.AsMemory(_start, contentEnd - _start);
        int taken = content.Length + (isTerminated ? 1 : 0);
        if (_number == 0 && _dropped == 0 && content.Span.StartsWith(ByteOrderMark))
        {
            content = content[ByteOrderMark.Length..];
        }

        if (isTerminated && content.Span.EndsWith("\r"u8))
        {
            content = content[..^1];
        }

        bool isTooLong = _dropped > 0 || content.Length > _maxLineBytes;
        long end = _offset + _dropped + taken;
        Current = new SplitLine(++_number, _offset, end, isTooLong ? default : content, isTooLong, isTerminated);
        _start += taken;
        _scanned = _start;
        _offset = end;
        _dropped = 0;
    }

    private void Drop()
    {
        _dropped += _end - _start;
        _start = _scanned = _end = 0;
    }

    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = _scanned = _end = 0;
        }

        if (_end < _buffer.Length)
        {
            return;
        }

        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        }
        else
        {
            // What is full and as large as it may be was dropped before.
            long larger = Math.Min(2L * _buffer.Length, (long)_maxLineBytes + Uncounted + 1);
            Debug.Assert(larger > _buffer.Length);
            Array.Resize(ref _buffer, (int)larger);
        }

        _scanned -= _start;
        _end -= _start;
        _start = 0;
    }
}
