using System.Runtime.InteropServices;

namespace AiLib.Dataflow.Batch.Input.Ids;

/// <summary>Room for ids on their way to the file and back.</summary>
internal sealed class IdBuffer
{
    /// <summary>How many are written at once, about: 64 KiB.</summary>
    public const int Preferred = 8 * 1024;

    /// <summary>The ids.</summary>
    public ulong[] Ids { get; private set; } = [];

    /// <summary>Makes room for so many, and keeps what there is.</summary>
    public void Reserve(int count)
    {
        if (Ids.Length < count)
        {
            ulong[] larger = new ulong[Math.Max(count, Preferred)];
            Ids.CopyTo(larger, 0);
            Ids = larger;
        }
    }

    /// <summary>The first of them, as bytes.</summary>
    public Span<byte> BytesOf(int count) => MemoryMarshal.AsBytes(Ids.AsSpan(0, count));
}
