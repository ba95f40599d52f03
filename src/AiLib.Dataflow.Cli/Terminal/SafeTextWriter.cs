using System.Text;

namespace AiLib.Dataflow.Cli.Terminal;

/// <summary>Makes all text harmless for a terminal on its way to another writer.</summary>
/// <param name="inner">Where it goes.</param>
internal sealed class SafeTextWriter(TextWriter inner) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => inner.Write(SafeText.OfLines(value.ToString()));

    /// <inheritdoc/>
    public override void Write(string? value) => inner.Write(value is null ? null : SafeText.OfLines(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer) => Write(new string(buffer));

    /// <inheritdoc/>
    public override void WriteLine() => inner.Write('\n');

    /// <inheritdoc/>
    public override void WriteLine(string? value)
    {
        Write(value);
        inner.Write('\n');
    }

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();
}
