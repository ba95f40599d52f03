namespace AiLib.Dataflow.Threading;

/// <summary>A counter that many threads add to without meeting each other.</summary>
/// <remarks>
/// One cell per processor, each on cache lines of its own. A read sums the cells without stopping anyone: it may miss what is added meanwhile, never what
/// was added before, and it never goes back for a counter that only grows.
/// </remarks>
internal sealed class StripedCounter
{
    // Two cache lines of 64 bytes, because the adjacent-line prefetcher pulls lines in pairs.
    private const int Stride = 128 / sizeof(long);

    private static readonly int Mask = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(Environment.ProcessorCount, 1, 16)) - 1;

    private readonly long[] _cells = new long[(Mask + 2) * Stride];

    /// <summary>The sum of what was added.</summary>
    public long Value
    {
        get
        {
            long sum = 0;
            for (int cell = 0; cell <= Mask; cell++)
            {
                sum += Volatile.Read(ref _cells[(cell + 1) * Stride]);
            }

            return sum;
        }
    }

    /// <summary>Adds one.</summary>
    public void Increment() => Add(1);

    /// <summary>Adds one.</summary>
    /// <param name="processor">The processor that this runs on, as far as one knows.</param>
    public void Increment(int processor) => Interlocked.Increment(ref _cells[((processor & Mask) + 1) * Stride]);

    /// <summary>Adds an amount.</summary>
    public void Add(long amount) => Interlocked.Add(ref _cells[((Thread.GetCurrentProcessorId() & Mask) + 1) * Stride], amount);
}
