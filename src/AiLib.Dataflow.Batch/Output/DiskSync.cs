using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>Forces files and directories to the disk, and says when that did not work.</summary>
/// <remarks>The platform's own calls return normally when it did not, and it has none for a directory.</remarks>
internal static partial class DiskSync
{
    private const int Interrupted = 4;
    private const int InvalidArgument = 22;
    private const int NotSupportedOnLinux = 95;
    private const int NotSupportedOnMac = 45;
    private const int FullSyncOnMac = 51;

    /// <summary>Forces the contents and the length of a file to the disk.</summary>
    /// <exception cref="IOException">It is not there, as far as can be known. What the file says from now on cannot be trusted.</exception>
    public static void File(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows())
        {
            if (!FlushFileBuffers(file))
            {
                throw Failed(Marshal.GetLastPInvokeError());
            }

            return;
        }

        // What a drive of a Mac has in its own memory is not on the disk; file systems that cannot say more say what others say.
        if (OperatingSystem.IsMacOS() && FullSync(file, FullSyncOnMac, 0) == 0)
        {
            return;
        }

        if (Call(() => Fsync(file)) is var error and not 0)
        {
            throw Failed(error);
        }
    }

    /// <summary>Forces the names in a directory to the disk, where a name that was made or changed is otherwise lost with the power.</summary>
    /// <exception cref="IOException">They are not there, as far as can be known.</exception>
    public static void Directory(string path)
    {
        // There it goes with the file.
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int directory = -1;
        if (Call(() => directory = Open(path, 0)) is var refused and not 0)
        {
            throw Failed(refused);
        }

        try
        {
            // Some file systems of the network keep their directories elsewhere and have no such call.
            if (Call(() => Fsync(directory)) is var error and not (0 or InvalidArgument or NotSupportedOnLinux or NotSupportedOnMac))
            {
                throw Failed(error);
            }
        }
        finally
        {
            _ = Close(directory);
        }
    }

    // Makes a call until no signal has interrupted it; 0, or the error.
    private static int Call(Func<int> call)
    {
        while (call() < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
            {
                return error;
            }
        }

        return 0;
    }

    private static IOException Failed(int error) => new($"it could not be forced to the disk: {Marshal.GetPInvokeErrorMessage(error)}");

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FullSync(SafeFileHandle file, int command, int argument);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushFileBuffers(SafeFileHandle file);
}
