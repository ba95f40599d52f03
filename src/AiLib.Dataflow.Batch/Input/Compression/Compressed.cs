using System.IO.Compression;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace AiLib.Dataflow.Batch.Input.Compression;

/// <summary>Sees whether a stream is compressed, and expands it.</summary>
internal static class Compressed
{
    // Enough for every mark.
    private const int MarkBytes = 4;

    // 128 MiB, what every zstd writes unless it was told --long or --ultra. The window is memory that a file can ask for.
    private const int MaxWindowLog = 27;

    private const int BufferBytes = 64 * 1024;

    // By default the platform takes a gzip file that was cut off for one that has ended, and the requests behind the cut would be missing without a word.
    static Compressed() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", isEnabled: true);

    /// <summary>Opens the stream for reading from where it stands.</summary>
    /// <param name="stream">Any stream. It is not disposed.</param>
    /// <param name="cancellationToken">Gives up waiting for its first bytes.</param>
    public static async ValueTask<InputStream> OpenAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] mark = new byte[MarkBytes];
        int read = await stream.ReadAtLeastAsync(mark, MarkBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        CompressionKind kind = KindOf(mark.AsSpan(0, read));
        if (stream.CanSeek)
        {
            stream.Seek(-read, SeekOrigin.Current);
            read = 0;
        }

        FileBytes file = new(stream, mark.AsMemory(0, read));
        return kind switch
        {
            CompressionKind.Gzip => new InputStream(new ExpandedStream(new GZipStream(file, CompressionMode.Decompress, leaveOpen: true), file, "gzip"), kind, file),
            CompressionKind.Zstandard => new InputStream(new ExpandedStream(Zstandard(file), file, "zstd"), kind, file),
            _ => new InputStream(file, kind, file),
        };
    }

    internal static CompressionKind KindOf(ReadOnlySpan<byte> mark)
    {
        if (mark.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            return CompressionKind.Gzip;
        }

        // A frame, or one of sixteen kinds of frames to skip, which parallel compressors begin with.
        bool isZstandard = mark.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD])
            || (mark.Length == MarkBytes && (mark[0] & 0xF0) == 0x50 && mark[1..].StartsWith((ReadOnlySpan<byte>)[0x2A, 0x4D, 0x18]));
        return isZstandard ? CompressionKind.Zstandard : CompressionKind.None;
    }

    private static DecompressionStream Zstandard(Stream file)
    {
        DecompressionStream expanding = new(file, BufferBytes, checkEndOfStream: true, leaveOpen: true);
        expanding.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowLog);
        return expanding;
    }
}
