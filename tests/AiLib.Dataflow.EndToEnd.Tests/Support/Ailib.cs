using System.Diagnostics;
using System.Text;

namespace AiLib.Dataflow.EndToEnd.Tests.Support;

/// <summary>The built <c>ailib</c> tool as a child process.</summary>
internal sealed class Ailib : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly StringBuilder _error = new();
    private readonly TaskCompletionSource _firstError = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Ailib(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            // Null at the end.
            if (line.Data is null)
            {
                return;
            }

            lock (_error)
            {
                _error.AppendLine(line.Data);
            }

            _firstError.TrySetResult();
        };
        process.BeginErrorReadLine();
        _output = process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>Whether a closed terminal ends no process that is started here, which it inherits.</summary>
    public static bool IsHangUpIgnored =>
        OperatingSystem.IsLinux()
        && File.ReadLines("/proc/self/status").Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))[^1] is '1' or '3' or '5' or '7' or '9' or 'b' or 'd' or 'f';

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    public string Error
    {
        get
        {
            lock (_error)
            {
                return _error.ToString();
            }
        }
    }

    /// <summary>Starts it. No key of the developer's own is handed on.</summary>
    public static Ailib Start(string directory, params string[] arguments) => Start(directory, [], arguments);

    public static Ailib Start(string directory, (string Name, string Value)[] environment, params string[] arguments) =>
        Start(directory, "dotnet", environment, [Path.Combine(AppContext.BaseDirectory, "ailib.dll"), .. arguments]);

    /// <summary>Runs it in a shell, where <c>ailib</c> is its name, to its end; the shell's exit code is what the script says.</summary>
    /// <param name="directory">Where it runs.</param>
    /// <param name="script">What it runs.</param>
    /// <param name="patience">How long it may take. Default: as long as one command.</param>
    public static async Task<Ended> RunInShellAsync(string directory, string script, TimeSpan? patience = null)
    {
        string tool = $"ailib() {{ dotnet '{Path.Combine(AppContext.BaseDirectory, "ailib.dll")}' \"$@\"; }}; ";
        using Ailib shell = Start(directory, "sh", [], ["-c", tool + script]);
        return await shell.EndAsync(patience);
    }

    private static Ailib Start(string directory, string program, (string Name, string Value)[] environment, string[] arguments)
    {
        ProcessStartInfo start = new(program)
        {
            UseShellExecute = false,
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (string key in start.Environment.Keys.Where(key => key.EndsWith("_API_KEY", StringComparison.Ordinal) || key.StartsWith("AI_LIB_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(key);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new Ailib(Process.Start(start)!);
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<Ended> RunAsync(string directory, params string[] arguments)
    {
        using Ailib tool = Start(directory, arguments);
        return await tool.EndAsync();
    }

    /// <summary>Starts it with the given text as its standard input.</summary>
    public static async Task<Ailib> StartFedAsync(string directory, string input, params string[] arguments)
    {
        Ailib tool = Start(directory, arguments);
        try
        {
            await tool._process.StandardInput.WriteAsync(input);
            tool._process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already, as a tool does that does not like its arguments.
        }

        return tool;
    }

    /// <summary>Runs it to its end with the given text as its standard input.</summary>
    public static async Task<Ended> RunFedAsync(string directory, string input, params string[] arguments)
    {
        using Ailib tool = await StartFedAsync(directory, input, arguments);
        return await tool.EndAsync();
    }

    public async Task<Ended> EndAsync(TimeSpan? patience = null)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(patience ?? Patience);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"It has not ended within {patience ?? Patience}. It wrote:\n{await _output.WaitAsync(Patience)}\nand said:\n{Error}");
        }

        return new Ended(_process.ExitCode, await _output.WaitAsync(Patience), Error);
    }

    /// <summary>Ends it without any notice, as SIGKILL does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>Presses Ctrl-C.</summary>
    public void Interrupt() => Signal("-INT");

    public void Terminate() => Signal("-TERM");

    /// <summary>Closes the terminal.</summary>
    public void HangUp() => Signal("-HUP");

    /// <summary>Stops it where it is, until <see cref="Continue"/>.</summary>
    public void Suspend() => Signal("-STOP");

    public void Continue() => Signal("-CONT");

    /// <summary>Ends it with no chance to do anything, unless it has ended within the time.</summary>
    /// <returns>Whether it was killed.</returns>
    public async Task<bool> KillAfterAsync(TimeSpan time)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(time);
            return false;
        }
        catch (TimeoutException)
        {
            _process.Kill();
            await _process.WaitForExitAsync().WaitAsync(Patience);
            return true;
        }
    }

    /// <summary>Ends it with no chance to do anything when a file has grown to the given length, unless it has ended by then.</summary>
    /// <returns>Whether it was killed.</returns>
    public async Task<bool> KillWhenLongerAsync(string path, long length)
    {
        await UntilLongerAsync(path, length);
        return await KillAfterAsync(TimeSpan.Zero);
    }

    /// <summary>Waits until a file has grown to the given length, or the tool has ended.</summary>
    public async Task UntilLongerAsync(string path, long length)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        using CancellationTokenSource patience = new(Patience, TimeProvider.System);
        while (!_process.HasExited && (!File.Exists(path) || new FileInfo(path).Length < length))
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    public Task UntilItSpeaksAsync() => _firstError.Task.WaitAsync(Patience);

    /// <summary>Waits until it has said something with these words, or has ended.</summary>
    public async Task UntilItSaysAsync(string words)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        using CancellationTokenSource patience = new(Patience, TimeProvider.System);
        while (!_process.HasExited && !Error.Contains(words, StringComparison.Ordinal))
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private void Signal(string signal)
    {
        using Process kill = Process.Start("kill", [signal, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        Assert.True(kill.WaitForExit(Patience));
    }
}

/// <summary>What a run left behind.</summary>
internal sealed record Ended(int ExitCode, string Output, string Error);
