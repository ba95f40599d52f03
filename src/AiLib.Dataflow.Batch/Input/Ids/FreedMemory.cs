using System.Runtime.InteropServices;

namespace AiLib.Dataflow.Batch.Input.Ids;

/// <summary>Gives memory that was freed back to the system where the C library keeps it, which glibc does for each thread.</summary>
/// <remarks>
/// What is this: in its first seconds a process compiles the methods that it uses most once more, in the background, with megabytes that nobody needs afterwards and that glibc keeps for the thread that
/// did it. Elsewhere nothing happens. Any thread.
/// </remarks>
internal static unsafe class FreedMemory
{
    private static readonly delegate* unmanaged<nuint, int> Trim = Find();

    /// <summary>Gives it back. Takes about a millisecond.</summary>
    public static void GiveBack()
    {
        if (Trim is not null)
        {
            _ = Trim(0);
        }
    }

    private static delegate* unmanaged<nuint, int> Find() =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out nint library) && NativeLibrary.TryGetExport(library, "malloc_trim", out nint address)
            ? (delegate* unmanaged<nuint, int>)address
            : null;
}
