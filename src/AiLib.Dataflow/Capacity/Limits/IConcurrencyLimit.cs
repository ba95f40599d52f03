namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>Computes how many attempts may be in flight at one target, from what became of earlier attempts. The number, not the thing that enforces it.</summary>
/// <remarks>
/// <para>What is this: a pure algorithm. It has no clock, lock, queue or I/O; time comes with the samples.</para>
/// <para>Threading: not thread-safe. Whoever enforces the limit calls it under its own lock.</para>
/// </remarks>
public interface IConcurrencyLimit
{
    /// <summary>The most attempts in flight, now.</summary>
    int Current { get; }

    /// <summary>Learns from an attempt that has ended. Never throws, whatever the sample says.</summary>
    /// <param name="sample">What became of it.</param>
    void Observe(in AttemptSample sample);
}
