using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>What a file is and whose: what the platform's own calls do not say.</summary>
/// <param name="Device">The file system that it is on.</param>
/// <param name="Inode">Its number there; with <paramref name="Device"/> it names one file, whatever its path is.</param>
/// <param name="Owner">The number of the user that it belongs to.</param>
/// <param name="Kind">Whether it is an ordinary file.</param>
internal readonly partial record struct FileStatus(ulong Device, ulong Inode, uint Owner, FileKind Kind)
{
    private const int WorkingDirectory = -100;
    private const int NotThroughLinks = 0x100;
    private const int OfTheHandle = 0x1000;
    private const uint BasicFields = 0x7FF;
    private const int KindBits = 0xF000;
    private const int Regular = 0x8000;
    private const int Link = 0xA000;

    /// <summary>The number of the user that this process acts as.</summary>
    public static uint Me => GetEffectiveUser();

    /// <summary>What a name stands for; a link stands for itself. Null where there is no such name, and elsewhere than on Linux.</summary>
    public static FileStatus? OfName(string path) => OperatingSystem.IsLinux() ? From(WorkingDirectory, path, NotThroughLinks) : null;

    /// <summary>What is open. Null elsewhere than on Linux.</summary>
    public static FileStatus? Of(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        bool isHeld = false;
        try
        {
            file.DangerousAddRef(ref isHeld);
            return From((int)file.DangerousGetHandle(), "", OfTheHandle);
        }
        finally
        {
            if (isHeld)
            {
                file.DangerousRelease();
            }
        }
    }

    private static FileStatus? From(int directory, string path, int flags)
    {
        try
        {
            return Statx(directory, path, flags, BasicFields, out Fields fields) == 0
                ? new FileStatus(
                    ((ulong)fields.DeviceMajor << 32) | fields.DeviceMinor, fields.Inode, fields.User,
                    (fields.Mode & KindBits) switch { Regular => FileKind.Ordinary, Link => FileKind.Link, _ => FileKind.Other })
                : null;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library of before 2018.
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, out Fields fields);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();

    /// <summary>The kernel's <c>struct statx</c>, which is the same on every processor, unlike <c>struct stat</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private readonly struct Fields
    {
        [FieldOffset(20)]
        public readonly uint User;

        [FieldOffset(28)]
        public readonly ushort Mode;

        [FieldOffset(32)]
        public readonly ulong Inode;

        [FieldOffset(136)]
        public readonly uint DeviceMajor;

        [FieldOffset(140)]
        public readonly uint DeviceMinor;
    }
}

/// <summary>What stands behind a name.</summary>
internal enum FileKind
{
    /// <summary>Bytes on a disk.</summary>
    Ordinary,

    /// <summary>Another name.</summary>
    Link,

    /// <summary>A directory, a pipe, a socket or a device.</summary>
    Other,
}
