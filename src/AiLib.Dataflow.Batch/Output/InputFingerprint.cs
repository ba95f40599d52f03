using System.Globalization;
using System.Security.Cryptography;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>Tells one input from another without reading all of a large one.</summary>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">The SHA-256 of its contents, as hexadecimal digits; of a large one, of blocks spread evenly from its first byte to its last.</param>
/// <remarks>
/// An input of up to 64 MiB is read whole. Of a larger one 1,024 blocks of 64 KiB are read, which takes a fraction of a second whatever its length;
/// a change between two blocks that leaves the length as it is goes unseen.
/// </remarks>
internal sealed record InputFingerprint(long Bytes, string Sha256)
{
    private const int BlockBytes = 64 * 1024;
    private const int MostBlocks = 1024;

    /// <summary>Whether it says something of every byte.</summary>
    public bool IsOfEveryByte => Bytes <= (long)BlockBytes * MostBlocks;

    /// <summary>Looks at an input.</summary>
    /// <param name="stream">The input; it can be sought in.</param>
    /// <param name="cancellationToken">Ends it with an <see cref="OperationCanceledException"/>.</param>
    public static async Task<InputFingerprint> OfAsync(Stream stream, CancellationToken cancellationToken)
    {
        long length = stream.Length;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[BlockBytes];
        long blocks = Math.Min(MostBlocks, (length + BlockBytes - 1) / BlockBytes);
        for (long number = 0; number < blocks; number++)
        {
            // The last one ends with the input.
            stream.Position = length <= (long)BlockBytes * MostBlocks
                ? number * BlockBytes
                : (long)((length - BlockBytes) * (decimal)number / (blocks - 1));
            int read = await stream.ReadAtLeastAsync(block, BlockBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            hash.AppendData(block, 0, read);
        }

        return new InputFingerprint(length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>How the input is another than before, as a part of a sentence.</summary>
    /// <param name="before">Another fingerprint.</param>
    public string DifferenceFrom(InputFingerprint before) => Bytes != before.Bytes
        ? string.Create(CultureInfo.InvariantCulture, $"the input had {before.Bytes:N0} bytes and now has {Bytes:N0}")
        : "the input has as many bytes as before, but others";
}
