using System.Buffers;
using System.Text;

namespace AiLib.Dataflow.Batch.Input;

/// <summary>Turns a byte's offset in a line into the column that an editor shows.</summary>
internal static class TextPlace
{
    /// <summary>The column, from 1, counted in characters: bytes that continue one are not counted.</summary>
    public static int ColumnOf(ReadOnlySpan<byte> line, long offset)
    {
        int column = 1;
        foreach (byte value in line[..(int)Math.Clamp(offset, 0, line.Length)])
        {
            column += (value & 0xC0) == 0x80 ? 0 : 1;
        }

        return column;
    }

    /// <summary>Where the text stops to be UTF-8; its length when it never does.</summary>
    public static int FirstInvalid(ReadOnlySpan<byte> text)
    {
        int offset = 0;
        while (offset < text.Length && Rune.DecodeFromUtf8(text[offset..], out _, out int consumed) == OperationStatus.Done)
        {
            offset += consumed;
        }

        return offset;
    }
}
