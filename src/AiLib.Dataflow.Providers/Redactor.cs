using System.Text;
using AiLib.Dataflow.Providers.Keys;

namespace AiLib.Dataflow.Providers;

/// <summary>Takes keys out of text: first the known ones, in every spelling, then whatever looks like one.</summary>
/// <remarks>Immutable; safe for use by several threads. Never throws.</remarks>
public sealed class Redactor
{
    private readonly KnownValue[] _known;

    /// <summary>Creates a redactor that knows the given keys. Keys of fewer than 8 characters are not searched for: they would match ordinary words.</summary>
    /// <param name="secrets">The keys in use; null entries are skipped.</param>
    public Redactor(params IEnumerable<Secret?> secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        _known =
        [
            .. secrets.OfType<Secret>()
                .Select(secret => secret.Reveal())
                .Where(value => value.Length >= KnownValue.MinLength)
                // A key that contains another one must go first, or its other part would stay.
                .OrderByDescending(value => value.Length)
                .Select(value => new KnownValue(value)),
        ];
    }

    /// <summary>A redactor that knows no key and goes by looks alone.</summary>
    public static Redactor Patterns { get; } = new();

    /// <summary>The text without keys; each is replaced by <c>***</c>.</summary>
    /// <param name="text">Any text.</param>
    public string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return KeyPatterns.Remove(RedactKnown(text));
    }

    /// <summary>The text without the known keys; for ids, which may look like a key and must stay readable.</summary>
    internal string RedactKnown(string text)
    {
        foreach (KnownValue value in _known)
        {
            text = value.Remove(text);
        }

        return text;
    }

    /// <summary>A copy of a body without keys, cut to a length in bytes. Cutting comes last, so that no key loses the half by which it is known.</summary>
    /// <param name="body">The body; bytes that are not UTF-8 are replaced.</param>
    /// <param name="maxLength">The longest result in bytes.</param>
    internal ReadOnlyMemory<byte> Redact(ReadOnlyMemory<byte> body, int maxLength)
    {
        if (body.IsEmpty)
        {
            return default;
        }

        byte[] redacted = Encoding.UTF8.GetBytes(Redact(Encoding.UTF8.GetString(body.Span)));
        int length = Math.Min(redacted.Length, maxLength);

        // Back to the start of a character.
        while (length > 0 && length < redacted.Length && (redacted[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return redacted.AsMemory(0, length);
    }
}
