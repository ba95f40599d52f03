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
}
