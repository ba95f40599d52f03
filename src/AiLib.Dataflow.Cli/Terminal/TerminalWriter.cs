using System.Text;
using Microsoft.Win32.SafeHandles;

// The one place that touches the console: everything printed passes through here and is made harmless on the way.
#pragma warning disable RS0030 // System.Console is banned everywhere else.

namespace AiLib.Dataflow.Cli.Terminal;

/// <summary>Writes data to standard output and everything else to standard error.</summary>
/// <remarks>
/// The only control sequences written are ours, for the lines that are rewritten in place, and only to a terminal whose user has not asked for none (NO_COLOR).
/// Thread-safe.
/// </remarks>
internal sealed class TerminalWriter : IDisposable
{
    private const int NarrowestWidth = 20;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly Lock _sync = new();
    private readonly StreamWriter _error;
    private readonly Func<(int Columns, int Rows)> _size;

    // Guarded by _sync: the lines that are rewritten in place.
    private readonly StatusBlock _block = new();
    private IReadOnlyList<IReadOnlyList<StatusPart>> _status = [];

    public TerminalWriter()
        : this(
            Console.OpenStandardError(),
            SizeOfWindow,
            !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb" && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")))
    {
    }

    /// <param name="error">Standard error.</param>
    /// <param name="size">Tells how large the terminal is.</param>
    /// <param name="isInteractive">Whether somebody looks at it.</param>
    internal TerminalWriter(Stream error, Func<(int Columns, int Rows)> size, bool isInteractive)
    {
        _error = new StreamWriter(new BestEffortStream(error), Utf8) { AutoFlush = true, NewLine = "\n" };
        _size = size;
        DataStream = OpenStandardOutput();
        Data = new SafeTextWriter(new StreamWriter(DataStream, Utf8) { AutoFlush = true, NewLine = "\n" });
        Messages = new SafeTextWriter(_error);
        IsInteractive = isInteractive;
    }

    /// <summary>Standard output for text.</summary>
    public TextWriter Data { get; }

    /// <summary>Standard output for bytes that are data, such as result lines, and pass as they are.</summary>
    public Stream DataStream { get; }

    /// <summary>Standard error for text.</summary>
    public TextWriter Messages { get; }

    /// <summary>Whether somebody looks at standard error in a terminal that takes control sequences.</summary>
    public bool IsInteractive { get; }

    /// <summary>Opens standard input. Its reads can be cancelled.</summary>
    public static Stream OpenInput() => new PatientInput(Console.OpenStandardInput());

    /// <summary>Writes a line to standard output.</summary>
    /// <exception cref="IOException">It cannot be written: nobody reads it, or it is closed.</exception>
    public void WriteData(string line)
    {
        try
        {
            Data.WriteLine(line);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Standard output cannot be written: {cause.Message}", cause);
        }
    }

    /// <summary>Writes a line to standard error, above the lines that are rewritten in place.</summary>
    public void Say(string message)
    {
        (int columns, int rows) = Size();
        lock (_sync)
        {
            // In one piece, so that nothing flickers.
            bool wasDrawn = _block.IsDrawn;
            string above = _block.Erase(columns) + SafeText.Of(message) + "\n";
            _error.Write(wasDrawn ? above + _block.Draw(_status, columns, rows) : above);
        }
    }

    /// <summary>Rewrites the lines at the bottom. For a terminal only.</summary>
    /// <param name="lines">Their parts; what does not fit is cut.</param>
    public void ShowStatus(IReadOnlyList<IReadOnlyList<StatusPart>> lines)
    {
        (int columns, int rows) = Size();
        lock (_sync)
        {
            _status = lines;
            _error.Write(_block.Draw(lines, columns, rows));
        }
    }

    /// <summary>Takes the lines at the bottom away.</summary>
    public void ClearStatus()
    {
        (int columns, _) = Size();
        lock (_sync)
        {
            if (_block.IsDrawn)
            {
                _error.Write(_block.Erase(columns));
            }
        }
    }

    /// <summary>How many columns the lines at the bottom may take.</summary>
    public int Columns => Size().Columns - 1;

    /// <inheritdoc/>
    public void Dispose()
    {
        ClearStatus();
        _error.Dispose();
        DataStream.Dispose();
    }

    private (int Columns, int Rows) Size()
    {
        (int columns, int rows) = _size();
        return (Math.Max(NarrowestWidth, columns), Math.Max(3, rows));
    }

    private static (int Columns, int Rows) SizeOfWindow()
    {
        try
        {
            return (Console.WindowWidth, Console.WindowHeight);
        }
        catch (IOException)
        {
            // No window: it was closed, or never had a size.
            return (80, 24);
        }
    }

    /// <summary>
    /// The console's own stream does not say when a pipe's reader has gone. A plain file stream does, but would not move the position that a file
    /// shares
    /// with other programs.
    /// </summary>
    private static Stream OpenStandardOutput()
    {
        if (OperatingSystem.IsWindows())
        {
            return Console.OpenStandardOutput();
        }

        try
        {
            FileStream output = new(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return output.CanSeek ? Console.OpenStandardOutput() : output;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Standard output is closed. A command that needs it fails when it writes.
            return new ClosedStream();
        }
    }
}
