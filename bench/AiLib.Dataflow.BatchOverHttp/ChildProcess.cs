using System.Diagnostics;

namespace AiLib.Dataflow.BatchOverHttp;

/// <summary>Starts what is built beside this program.</summary>
internal static class ChildProcess
{
    /// <summary>Starts a dll of this directory.</summary>
    public static Process Start(string dll, (string Name, string Value)[] environment, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, dll));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // Each program's own settings, whatever the one who measures has set.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("DOTNET_T", StringComparison.Ordinal)
            || name.StartsWith("DOTNET_gc", StringComparison.OrdinalIgnoreCase) || name.StartsWith("AI_LIB_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Waits for the end of a process that must succeed.</summary>
    public static async Task<string> EndAsync(Process process, Task<string> output, Task<string> error)
    {
        await process.WaitForExitAsync().ConfigureAwait(false);
        return process.ExitCode == 0
            ? await output.ConfigureAwait(false)
            : throw new InvalidOperationException($"A client ended with {process.ExitCode}: {await error.ConfigureAwait(false)}");
    }
}
