using System.Text;
using Microsoft.Win32.SafeHandles;

// The one place that touches the console: everything printed passes through here and is made harmless on the way.
#pragma warning disable RS0030 // System.Console is banned everywhere else.

namespace AiLib.Dataflow.Cli.Terminal;

/// <summary>Writes data to standard output and everything else to standard error.</summary>
/// <remarks>
/// There are no colours, so NO_COLOR has nothing to switch off. The only control sequences written are ours, for the line that is rewritten in place,
/// and only to a terminal.
/// Thread-safe.
/// </remarks>
internal sealed class TerminalWriter : IDisposable
{
    private const string EraseLine = "\r\u001b[K";
    private const int NarrowestWidth = 20;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly Lock _sync = new();
    private readonly StreamWriter _error = new(new BestEffortStream(Console.OpenStandardError()), Utf8) { AutoFlush = true, NewLine = "\n" };

    // Guarded by _sync: whether a line stands there that is to be rewritten.
    private bool _hasStatus;

    public TerminalWriter()
    {
        DataStream = OpenStandardOutput();
        Data = new SafeTextWriter(new StreamWriter(DataStream, Utf8) { AutoFlush = true, NewLine = "\n" });
        Messages = new SafeTextWriter(_error);
        IsInteractive = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";
    }

    /// <summary>Standard output for text.</summary>
    public TextWriter Data { get; }

    /// <summary>Standard output for bytes that are data, such as result lines, and pass as they are.</summary>
    public Stream DataStream { get; }

    /// <summary>Standard error for text.</summary>
    public TextWriter Messages { get; }

    /// <summary>Whether somebody looks at standard error in a terminal.</summary>
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

    /// <summary>Writes a line to standard error.</summary>
    public void Say(string message)
    {
        lock (_sync)
        {
            EraseStatusLocked();
            _error.WriteLine(SafeText.Of(message));
        }
    }

    /// <summary>Rewrites the line at the bottom. For a terminal only.</summary>
    public void ShowStatus(string status)
    {
        string safe = SafeText.Of(status);
        int width = Math.Max(NarrowestWidth, Width()) - 1;
        lock (_sync)
        {
            _hasStatus = true;
            _error.Write(EraseLine + (safe.Length <= width ? safe : safe[..width]));
        }
    }

    /// <summary>Takes the line at the bottom away.</summary>
    public void ClearStatus()
    {
        lock (_sync)
        {
            EraseStatusLocked();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ClearStatus();
        _error.Dispose();
        DataStream.Dispose();
    }

    private void EraseStatusLocked()
    {
        if (_hasStatus)
        {
            _hasStatus = false;
            _error.Write(EraseLine);
        }
    }

    private static int Width()
    {
        try
        {
            return Console.WindowWidth;
        }
        catch (IOException)
        {
            // No window: it was closed, or never had a size.
            return 80;
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
