using System.Globalization;
using System.Text;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.EndToEnd.Tests.Live;

/// <summary>A terminal as far as the tool uses one: it wraps, scrolls, and knows the few sequences that are allowed; any other control character fails the test.</summary>
internal sealed class FakeScreen : Stream
{
    private readonly List<StringBuilder> _rows = [new()];
    private readonly StringBuilder _pending = new();
    private int _row;
    private int _column;

    public int Columns { get; set; } = 80;

    public int Rows { get; set; } = 24;

    /// <summary>What stands there, row by row, with what has scrolled out at the top.</summary>
    public string[] Text => [.. _rows.Select(row => row.ToString().TrimEnd()).Reverse().SkipWhile(row => row.Length == 0).Reverse()];

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
        // Everything is drawn at once.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count)
    {
        _pending.Append(Encoding.UTF8.GetString(buffer, offset, count));
        string text = _pending.ToString();
        _pending.Clear();
        for (int index = 0; index < text.Length;)
        {
            index = Take(text, index);
        }
    }

    private int Take(string text, int index)
    {
        switch (text[index])
        {
            case '\n':
                MoveTo(_row + 1);
                _column = 0;
                return index + 1;
            case '\r':
                _column = 0;
                return index + 1;
            case '\u001b':
                int end = index + 2;
                while (char.IsAsciiDigit(text[end]))
                {
                    end++;
                }

                Obey(text[end], text[(index + 2)..end]);
                return end + 1;
            default:
                Rune rune = Rune.GetRuneAt(text, index);
                Assert.False(Rune.IsControl(rune), $"U+{rune.Value:X4} got to the terminal.");
                Put(rune.ToString(), DisplayWidth.Of(rune.ToString()));
                return index + rune.Utf16SequenceLength;
        }
    }

    private void Obey(char command, string number)
    {
        switch (command)
        {
            case 'A':
                _row -= int.Parse(number, CultureInfo.InvariantCulture);
                Assert.True(_row >= 0, "The cursor went beyond the first row.");
                break;
            case 'J':
                _rows.RemoveRange(_row + 1, _rows.Count - _row - 1);
                _rows[_row].Length = Math.Min(_rows[_row].Length, _column);
                break;
            default:
                Assert.Equal('m', command);
                break;
        }
    }

    private void Put(string text, int width)
    {
        if (_column + width > Columns)
        {
            MoveTo(_row + 1);
            _column = 0;
        }

        _rows[_row].Append(text);
        _column += width;
    }

    private void MoveTo(int row)
    {
        _row = row;
        while (_rows.Count <= row)
        {
            _rows.Add(new StringBuilder());
        }
    }
}
