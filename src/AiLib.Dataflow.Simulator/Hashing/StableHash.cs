using System.Buffers.Binary;

namespace AiLib.Dataflow.Simulator.Hashing;

/// <summary>A 64-bit hash that gives the same number on every machine and in every version. Not for security.</summary>
internal static class StableHash
{
    // The increments and multipliers of SplitMix64; any change here changes every answer and every fault.
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    /// <summary>The hash of some bytes, starting from a number that says what they are.</summary>
    public static ulong Of(ulong start, ReadOnlySpan<byte> bytes)
    {
        ulong hash = Combine(start, (ulong)bytes.Length);
        while (bytes.Length >= sizeof(ulong))
        {
            hash = Combine(hash, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        ulong tail = 0;
        foreach (byte value in bytes)
        {
            tail = (tail << 8) | value;
        }

        return Combine(hash, tail);
    }

    /// <summary>One number from two, each bit depending on all bits of both; the order matters.</summary>
    public static ulong Combine(ulong first, ulong second)
    {
        ulong mixed = unchecked((first * Golden) + second + Golden);
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB);
        return mixed ^ (mixed >> 31);
    }

    /// <summary>A number from 0 (inclusive) to 1 (exclusive) made of the upper 53 bits.</summary>
    public static double ToUnit(ulong hash) => (hash >> 11) * (1.0 / (1UL << 53));
}
