namespace AiLib.Dataflow.Batch.Input.Selection;

/// <summary>Numbers that look random and follow from a seed alone, on every machine and in every version.</summary>
internal static class Scramble
{
    // 2^64 divided by the golden ratio: the step of SplitMix64.
    private const ulong Step = 0x9E3779B97F4A7C15;

    /// <summary>64 bits for a place in the sequence of a seed: SplitMix64.</summary>
    public static ulong Bits(ulong seed, ulong place)
    {
        ulong bits = seed + (Step * (place + 1));
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }

    /// <summary>A number from 0 to below 1.</summary>
    public static double Share(ulong seed, ulong place) => (Bits(seed, place) >> 11) * (1.0 / (1UL << 53));
}
