namespace AiLib.Dataflow.Batch.Input;

/// <summary>One line of a file, blank ones included.</summary>
/// <param name="Number">Its number in the file, from 1.</param>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="End">Where the next one begins.</param>
/// <param name="Content">Its bytes without byte order mark and line end; empty when it is too long. Valid until the next line is read.</param>
/// <param name="IsTooLong">Whether it is longer than allowed, and was skipped.</param>
/// <param name="IsTerminated">Whether a line feed ends it; false only for the last line of a file.</param>
internal readonly record struct SplitLine(
    long Number, long Offset, long End, ReadOnlyMemory<byte> Content, bool IsTooLong, bool IsTerminated)
{
    /// <summary>Its length in the file, line end included.</summary>
    public long Length => End - Offset;

    /// <summary>Whether there is nothing but white space in it.</summary>
    public bool IsBlank => !IsTooLong && Content.Span.IndexOfAnyExcept(" \t\r"u8) < 0;

    /// <summary>A line from its bytes, line end and all.</summary>
    public static SplitLine Of(long number, long offset, ReadOnlyMemory<byte> bytes, int maxLineBytes)
    {
        ReadOnlyMemory<byte> content = bytes;
        bool isTerminated = content.Span.EndsWith("\n"u8);
        content = isTerminated ? content[..^1] : content;
        content = isTerminated && content.Span.EndsWith("\r"u8) ? content[..^1] : content;
        content = number == 1 && content.Span.StartsWith(LineSplitter.ByteOrderMark) ? content[LineSplitter.ByteOrderMark.Length..] : content;
        bool isTooLong = content.Length > maxLineBytes;
        return new SplitLine(number, offset, offset + bytes.Length, isTooLong ? default : content, isTooLong, isTerminated);
    }
}
