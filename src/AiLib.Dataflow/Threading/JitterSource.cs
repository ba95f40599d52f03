namespace AiLib.Dataflow.Threading;

/// <summary>Random numbers for jitter: seedable, lock-free, one interlocked addition each.</summary>
/// <remarks>SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): each call takes the next multiple of the golden gamma and mixes it, so threads share one state.</remarks>
internal sealed class JitterSource(ulong seed)
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private ulong _state = seed;

    /// <summary>A source whose numbers nobody can predict.</summary>
    public static JitterSource Unpredictable() => new(BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(sizeof(ulong))));

    /// <summary>The next number, at least 0 and less than 1.</summary>
    public double Next()
    {
        ulong z = Interlocked.Add(ref _state, GoldenGamma);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        return (z >> 11) * (1.0 / (1UL << 53));
    }
}
