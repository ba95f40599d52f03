using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AiLib.Dataflow.Batch.Input;

/// <summary>Makes 72 bits of the 128 of an id, in a way that is another one in each process.</summary>
/// <remarks>
/// What is this: a sum of products with random factors (multiply-shift, Dietzfelbinger 1996). Whatever two different ids are, so few of all factors give them the same 72 bits that the odds
/// are one in 2^72; and nobody can look for such a pair beforehand, because nobody knows the factors. Immutable.
/// </remarks>
internal sealed class IdFingerprint
{
    /// <summary>The bits of the first part.</summary>
    public const int RowBits = 10;

    /// <summary>The bits of the second part.</summary>
    public const int RemainderBits = 62;

    private readonly UInt128[] _factors = new UInt128[5];

    public IdFingerprint()
    {
        Span<byte> bytes = stackalloc byte[16];
        for (int index = 0; index < _factors.Length; index++)
        {
            RandomNumberGenerator.Fill(bytes);
            _factors[index] = BinaryPrimitives.ReadUInt128LittleEndian(bytes);
        }
    }

    /// <summary>The two parts for an id.</summary>
    public (int Row, ulong Remainder) Of(BatchId id)
    {
        UInt128 sum = _factors[4]
            + (_factors[0] * (uint)(id.High >> 32)) + (_factors[1] * (uint)id.High)
            + (_factors[2] * (uint)(id.Low >> 32)) + (_factors[3] * (uint)id.Low);
        return ((int)(sum >> (128 - RowBits)), (ulong)(sum >> (128 - RowBits - RemainderBits)) & ((1UL << RemainderBits) - 1));
    }
}
