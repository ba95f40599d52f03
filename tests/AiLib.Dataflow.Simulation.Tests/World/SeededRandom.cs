using System.Numerics;

namespace AiLib.Dataflow.Simulation.Tests.World;

/// <summary>The one source of chance in a simulated run. SplitMix64.</summary>
internal sealed class SeededRandom(long seed)
{
    private ulong _state = (ulong)seed * 0x9E3779B97F4A7C15 + 1;

    public ulong NextUInt64()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to below the bound.</summary>
    public int Next(int bound) => (int)(NextUInt64() % (ulong)bound);

    /// <summary>A number from the least to the most, both included.</summary>
    public int Between(int least, int most) => least + Next(most - least + 1);

    /// <summary>A number from the least, which is positive, to the most, both included; each power of two is as likely as any other.</summary>
    public long Scaled(long least, long most)
    {
        int bits = Between(BitOperations.Log2((ulong)least), BitOperations.Log2((ulong)most));
        ulong power = 1UL << bits;
        return (long)Math.Clamp(power | (NextUInt64() & (power - 1)), (ulong)least, (ulong)most);
    }

    /// <summary>True in so many of a hundred cases.</summary>
    public bool Percent(int percent) => Next(100) < percent;

    /// <summary>A duration of up to so many milliseconds, at least one.</summary>
    public TimeSpan Milliseconds(int most) => TimeSpan.FromMilliseconds(Between(1, most));

    /// <summary>One of the given things.</summary>
    public T OneOf<T>(params ReadOnlySpan<T> things) => things[Next(things.Length)];
}
