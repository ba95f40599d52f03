using System.Diagnostics;
using System.Text;
using AiLib.Dataflow.Providers.Keys;

namespace AiLib.Dataflow.Providers;

/// <summary>A key that can be handed on but not seen: not by printing, debugging, comparing or serialising it.</summary>
/// <remarks>
/// Immutable; safe for use by several threads. Two secrets are equal only when they are the same object, so equality says nothing about the value.
/// The value is an ordinary string of the platform: it cannot be wiped from memory, and a memory dump shows it.
/// </remarks>
[DebuggerDisplay("***")]
public sealed class Secret
{
    // A key longer than this is a mistake, such as the wrong file.
    private const int MaxLength = 16 * 1024;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly string _value;

    /// <summary>Takes a key.</summary>
    /// <param name="value">The key: visible ASCII characters without spaces, 1 to 16,384 of them.</param>
    /// <exception cref="ArgumentException">The key is empty, too long, or contains a character that must not enter a header (CR, LF, NUL, space, non-ASCII).</exception>
    public Secret(string value)
        : this(value, "The key")
    {
    }

    private Secret(string value, string source)
    {
        ArgumentNullException.ThrowIfNull(value);
        KeyText.Check(value, MaxLength, source);
        _value = value;
    }

    /// <summary>Takes a key from an environment variable.</summary>
    /// <param name="variable">The variable's name, such as <c>OPENAI_API_KEY</c>.</param>
    /// <param name="read">Reads a variable. Default: the process environment.</param>
    /// <exception cref="ArgumentException">The variable is not set, empty, or holds no usable key. The message names the variable, never its value.</exception>
    public static Secret FromEnvironment(string variable, Func<string, string?>? read = null) =>
        TryFromEnvironment(variable, out Secret? secret, read)
            ? secret
            : throw new ArgumentException($"The environment variable {variable} is not set; it should hold the key.", nameof(variable));

    /// <summary>Takes a key from an environment variable, if it is set.</summary>
    /// <param name="variable">The variable's name.</param>
    /// <param name="secret">The key; null when the variable is not set or empty.</param>
    /// <param name="read">Reads a variable. Default: the process environment.</param>
    /// <returns>Whether the variable is set.</returns>
    /// <exception cref="ArgumentException">The variable holds no usable key. The message names the variable, never its value.</exception>
    public static bool TryFromEnvironment(
        string variable, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Secret? secret, Func<string, string?>? read = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(variable);
        string? value = (read ?? Environment.GetEnvironmentVariable)(variable);
        secret = string.IsNullOrEmpty(value) ? null : new Secret(value, $"The environment variable {variable}");
        return secret is not null;
    }

    /// <summary>Takes a key from a file that holds nothing else; one line end after it is allowed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="warn">Told when others than the owner may read the file (a mounted container secret often is), and what to do. Default: nobody.</param>
    /// <exception cref="ArgumentException">The file holds no usable key. The message names the file, never its content.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static Secret FromFile(string path, Action<string>? warn = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = File.OpenRead(path);
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & KeyText.ReadableByOthers) != UnixFileMode.None)
        {
            warn?.Invoke($"The key file {path} can be read by other users; chmod 600 keeps it to its owner.");
        }

        // One byte more than allowed (and two for the line end), so that a file that is too long is seen to be so.
        Span<byte> bytes = new byte[MaxLength + 3];
        int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return new Secret(KeyText.WithoutLineEnd(Encoding.Latin1.GetString(bytes[..length])), $"The key file {path}");
    }

    /// <summary>Never the value.</summary>
    /// <returns><c>***</c></returns>
    public override string ToString() => "***";

    /// <summary>The value. Called where a header is set and where messages are redacted, and nowhere else.</summary>
    internal string Reveal() => _value;
}
