using AiLib.Dataflow.Simulator.Hashing;
using Xunit;

namespace AiLib.Dataflow.Simulator.Tests.Hashing;

public sealed class StableHashTests
{
    [Fact]
    public void Hashes_stay_what_they_are_for_ever()
    {
        // A change here changes every answer and fault that anybody has recorded.
        Assert.Equal(0xE220_A839_7B1D_CDAFUL, StableHash.Combine(0, 0));
        Assert.Equal(StableHash.Of(1, "abc"u8), StableHash.Of(1, "abc"u8.ToArray()));
    }

    [Fact]
    public void Bytes_order_length_and_start_all_matter()
    {
        ulong[] hashes =
        [
            StableHash.Of(0, ""u8), StableHash.Of(1, ""u8), StableHash.Of(0, "\0"u8), StableHash.Of(0, "\0\0"u8), StableHash.Of(0, "ab"u8),
            StableHash.Of(0, "ba"u8), StableHash.Of(0, "12345678"u8), StableHash.Of(0, "123456789"u8), StableHash.Of(0, "12345678\0"u8),
            StableHash.Combine(1, 2), StableHash.Combine(2, 1),
        ];

        Assert.Equal(hashes.Length, hashes.Distinct().Count());
    }

    [Fact]
    public void Unit_numbers_stay_below_one()
    {
        Assert.Equal(0, StableHash.ToUnit(0));
        Assert.InRange(StableHash.ToUnit(ulong.MaxValue), 0.999_999, Math.BitDecrement(1.0));
    }
}
