using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AiLib.Dataflow.Batch.Input;

/// <summary>128 bits that stand for a <c>custom_id</c>, or for a line that has none that counts.</summary>
/// <remarks>
/// The first 16 bytes of SHA-256, so nobody can make two ids with the same ones. <see cref="Ids.IdLedger"/> keeps fewer, and says what that means.
/// </remarks>
internal readonly record struct BatchId(ulong High, ulong Low)
{
    /// <summary>What every printed id begins with, at OpenAI and here.</summary>
    public const string Prefix = "batch_req_";

    /// <summary>The length of every printed id, in characters and in bytes.</summary>
    public const int Length = 10 + 32;

    private const int MaxStackBytes = 1024;

    /// <summary>The id of the request with this <c>custom_id</c>.</summary>
    public static BatchId OfRequest(string customId)
    {
        int most = Encoding.UTF8.GetMaxByteCount(customId.Length);
        Span<byte> bytes = most <= MaxStackBytes ? stackalloc byte[MaxStackBytes] : new byte[most];
        return Hash(bytes[..Encoding.UTF8.GetBytes(customId, bytes)]);
    }

    /// <summary>The id of a line that is no request. The line feed keeps it apart: no <c>custom_id</c> has one.</summary>
    public static BatchId OfLine(long number) => OfRequest(string.Create(CultureInfo.InvariantCulture, $"line\n{number}"));

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out BatchId id)
    {
        id = default;
        if (text.Length != Length || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || !ulong.TryParse(text.Slice(Prefix.Length, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong high)
            || !ulong.TryParse(text[(Prefix.Length + 16)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong low))
        {
            return false;
        }

        id = new BatchId(high, low);
        return true;
    }

    /// <summary>Reads what <see cref="Format"/> writes.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out BatchId id)
    {
        id = default;
        Span<byte> hash = stackalloc byte[16];
        if (text.Length != Length || !text.StartsWith("batch_req_"u8)
            || Convert.FromHexString(text[Prefix.Length..], hash, out _, out _) != OperationStatus.Done)
        {
            return false;
        }

        id = new BatchId(BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash[8..]));
        return true;
    }

    /// <summary>The id as it stands in result and error lines.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{High:x16}{Low:x16}");

    /// <summary>Writes what <see cref="ToString"/> says into the first <see cref="Length"/> bytes of the target.</summary>
    public void Format(Span<byte> target)
    {
        "batch_req_"u8.CopyTo(target);
        Span<byte> hash = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(hash, High);
        BinaryPrimitives.WriteUInt64BigEndian(hash[8..], Low);
        Convert.TryToHexStringLower(hash, target[Prefix.Length..], out _);
    }

    private static BatchId Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return new BatchId(BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash[8..]));
    }
}
