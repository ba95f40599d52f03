using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AiLib.Dataflow.Batch.Input.Ids;

/// <summary>Makes 72 bits of the 128 of an id, in a way that is another one in each process.</summary>
/// <remarks>
/// What is this: a sum of products with random factors (multiply-shift, Dietzfelbinger 1996). Whatever two different ids are, so few of all factors give them the same 72 bits that the odds
/// are one in 2^72; and nobody can look for such a pair beforehand, because nobody knows the factors. Immutable.
/// </remarks>
internal sealed class IdFingerprint
{
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

    /// <summary>What is kept of an id.</summary>
    public IdKey Of(BatchId id)
    {
        UInt128 sum = _factors[4]
            + (_factors[0] * (uint)(id.High >> 32)) + (_factors[1] * (uint)id.High)
            + (_factors[2] * (uint)(id.Low >> 32)) + (_factors[3] * (uint)id.Low);
        return new IdKey((int)(sum >> (128 - IdKey.RowBits)), (ulong)(sum >> (128 - IdKey.RowBits - IdKey.RestBits)) & ((1UL << IdKey.RestBits) - 1));
    }
}
