using ZstdSharp;

namespace AiLib.Dataflow.Batch.Input.Compression;

/// <summary>The content of a compressed file; whatever is wrong with it is an <see cref="IOException"/> that says where and what to do.</summary>
/// <remarks>
/// A file that expands beyond all measure is refused: a few megabytes could keep a job busy for days and fill the disk with error lines. Text of
/// requests, even with one long prompt in every line, stays far below the ratio; the first 64 MiB are not judged.
/// </remarks>
internal sealed class ExpandedStream(Stream expanding, FileBytes file, string form) : ReadOnlyStream
{
    /// <summary>A file must not expand to more than so many times its size.</summary>
    public const int MaxRatio = 1000;

    /// <summary>So many bytes are not judged.</summary>
    public const long UnjudgedBytes = 64 * 1024 * 1024;

    private long _count;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return Judged(expanding.Read(buffer));
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            throw Damaged(exception);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return Judged(await expanding.ReadAsync(buffer, cancellationToken).ConfigureAwait(Continuations.KeepContext));
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            throw Damaged(exception);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            expanding.Dispose();
        }

        base.Dispose(disposing);
    }

    private static bool IsDamage(Exception exception) => exception is InvalidDataException or EndOfStreamException or ZstdException;

    private int Judged(int read)
    {
        _count += read;
        if (_count <= UnjudgedBytes || _count / MaxRatio <= file.Count)
        {
            return read;
        }

        throw new IOException(FormattableString.Invariant(
            $"The input's {form} data expands to more than {MaxRatio} times its size ({_count} bytes after {file.Count}); if it is meant, expand the file and run the job on that."));
    }

    private IOException Damaged(Exception exception) => new(FormattableString.Invariant(
        $"The input's {form} data is damaged or cut off near byte {file.Count} of the file: {exception.Message} Make the file again; what was answered is kept."), exception);
}
