using System.Runtime.InteropServices;

namespace AiLib.Dataflow.Batch.Input.Ids;

/// <summary>64-bit words outside of the collected heap, zero at first, which become more where they are.</summary>
/// <remarks>
/// What is this: memory of the C library. A large array that grows on the heap is two arrays until the next full collection; here the system moves pages instead of copying
/// them. Threading: one thread, and nobody after it was disposed.
/// </remarks>
internal sealed unsafe class NativeWords : SafeHandle
{
    public NativeWords(long length)
        : base(0, ownsHandle: true)
    {
        SetHandle((nint)NativeMemory.AllocZeroed((nuint)length, sizeof(ulong)));
        Length = length;
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>How many there are.</summary>
    public long Length { get; private set; }

    /// <summary>Some of them. Valid until they become more.</summary>
    /// <exception cref="ObjectDisposedException">They were given back.</exception>
    public Span<ulong> Slice(long start, int length)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + length, Length);
        return new Span<ulong>((ulong*)handle + start, length);
    }

    /// <summary>Makes them more. The new ones hold anything.</summary>
    public void Grow(long length)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, Length);
        SetHandle((nint)NativeMemory.Realloc((void*)handle, checked((nuint)length * sizeof(ulong))));
        Length = length;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}
