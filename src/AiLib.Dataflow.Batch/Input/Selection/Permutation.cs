using System.Numerics;

namespace AiLib.Dataflow.Batch.Input.Selection;

/// <summary>The numbers from 0 to a count in an order that a seed decides, without a list of them.</summary>
/// <remarks>
/// What is this: a Feistel network over the next even number of bits. It maps each number to another, one to one; what falls beyond the count is mapped on
/// until it does not, which takes fewer than four steps on average.
/// </remarks>
internal readonly struct Permutation
{
    private const int Rounds = 6;

    private readonly ulong _count;
    private readonly ulong _seed;
    private readonly int _halfBits;
    private readonly ulong _halfMask;

    public Permutation(long count, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _count = (ulong)count;
        _seed = (ulong)seed;
        int bits = 64 - BitOperations.LeadingZeroCount(Math.Max(_count, 2) - 1);
        _halfBits = (bits + 1) / 2;
        _halfMask = (1UL << _halfBits) - 1;
    }

    /// <summary>The number in a place.</summary>
    public long this[long place]
    {
        get
        {
            ulong number = (ulong)place;
            do
            {
                number = Map(number);
            }
            while (number >= _count);

            return (long)number;
        }
    }

    private ulong Map(ulong number)
    {
        ulong left = number >> _halfBits;
        ulong right = number & _halfMask;
        for (uint round = 0; round < Rounds; round++)
        {
            (left, right) = (right, left ^ (Scramble.Bits(_seed + round, right) & _halfMask));
        }

        return (left << _halfBits) | right;
    }
}
