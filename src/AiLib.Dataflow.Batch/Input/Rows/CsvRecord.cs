using System.Buffers;
using System.Text;

namespace AiLib.Dataflow.Batch.Input.Rows;

/// <summary>One record of a CSV file, as RFC 4180 says: it may go over several lines within quotes.</summary>
/// <param name="Line">The line it begins on, from 1.</param>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="End">Where the next one begins.</param>
/// <param name="Content">Its bytes without the line end; empty when it is too long. Valid until the next one is read.</param>
/// <param name="State">Whether it is whole.</param>
internal readonly record struct CsvRecord(long Line, long Offset, long End, ReadOnlyMemory<byte> Content, CsvRecordState State)
{
    private const byte Quote = (byte)'"';

    /// <summary>Whether there is nothing in it.</summary>
    public bool IsBlank => State == CsvRecordState.Whole && Content.Span.IndexOfAnyExcept(" \r"u8) < 0;

    /// <summary>Finds the values of a whole record.</summary>
    /// <param name="record">Its content.</param>
    /// <param name="delimiters">What stands between values.</param>
    /// <param name="places">Gets their places, quotes included.</param>
    public static void Split(ReadOnlySpan<byte> record, SearchValues<byte> delimiters, List<Range> places)
    {
        places.Clear();
        int start = 0;
        while (true)
        {
            int end = EndOfValue(record, start, delimiters);
            places.Add(start..end);
            if (end == record.Length)
            {
                return;
            }

            start = end + 1;
        }
    }

    /// <summary>The text of a value: without the quotes around it, and with one quote for each two within.</summary>
    public static string TextOf(ReadOnlySpan<byte> value) => value.Length >= 2 && value[0] == Quote && value[^1] == Quote
        ? Encoding.UTF8.GetString(value[1..^1]).Replace("\"\"", "\"", StringComparison.Ordinal)
        : Encoding.UTF8.GetString(value);

    private static int EndOfValue(ReadOnlySpan<byte> record, int start, SearchValues<byte> delimiters)
    {
        int from = start;
        if (start < record.Length && record[start] == Quote)
        {
            from = start + 1;
            while (true)
            {
                from += record[from..].IndexOf(Quote) + 1;
                if (from == record.Length || record[from] != Quote)
                {
                    break;
                }

                from++;
            }
        }

        int length = record[from..].IndexOfAny(delimiters);
        return length < 0 ? record.Length : from + length;
    }
}

/// <summary>Whether a record can be used.</summary>
internal enum CsvRecordState
{
    /// <summary>It can.</summary>
    Whole,

    /// <summary>It is longer than allowed, and was skipped.</summary>
    TooLong,

    /// <summary>A quote was opened and never closed: everything up to the end of the file is in it.</summary>
    Unclosed,

    /// <summary>Something stands between a closing quote and the end of its value.</summary>
    TextAfterQuote,
}
