using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AiLib.Dataflow.Rivals;
using AiLib.Dataflow.Rivals.Providers;

namespace AiLib.Dataflow.Scenarios;

/// <summary>A stream of requests through one rival, in a process of its own.</summary>
internal static class StreamChild
{
    /// <summary>The hidden command that is this process's other side.</summary>
    public const string Command = "stream-child";

    private const int InFlight = 64;

    /// <summary>Starts the process and waits for what it has to say.</summary>
    /// <exception cref="ScenarioFailedException">It failed.</exception>
    public static async Task<StreamChildResult> StartAsync(string rival, int requests)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (string.Equals(Path.GetFileNameWithoutExtension(start.FileName), "dotnet", StringComparison.OrdinalIgnoreCase))
        {
            // Started as "dotnet Scenarios.dll", so the library has to be named again.
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        }

        start.ArgumentList.Add(Command);
        start.ArgumentList.Add(rival);
        start.ArgumentList.Add(requests.ToString(CultureInfo.InvariantCulture));

        // Hexadecimal: 4 MiB.
        start.Environment["DOTNET_GCgen0size"] = "400000";

        // As ailib runs. What the compiler takes to count how often code runs, and to compile it once more, is of the second second, which a short job does not see.
        start.Environment["DOTNET_TieredPGO"] = "0";
        using Process process = Process.Start(start) ?? throw new ScenarioFailedException($"'{start.FileName}' does not start.");
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<StreamChildResult>(output)!
            : throw new ScenarioFailedException($"{rival} with {requests} requests ended with exit code {process.ExitCode}.");
    }

    /// <summary>What the process does.</summary>
    public static async Task<int> RunAsync(string name, int requests)
    {
        IStreamRival rival = StreamRivals.All(new SynchronousProvider(), InFlight).First(rival => rival.Name == name);
        await rival.PrepareAsync(requests);
        long began = TimeProvider.System.GetTimestamp();
        await rival.RunCheckedAsync(requests);
        TimeSpan took = TimeProvider.System.GetElapsedTime(began);
        Console.WriteLine(JsonSerializer.Serialize(new StreamChildResult(took.TotalSeconds, ReadPeak())));
        return 0;
    }

    private static long ReadPeak()
    {
        const string Status = "/proc/self/status";
        string? line = File.Exists(Status)
            ? File.ReadLines(Status).FirstOrDefault(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            : null;
        if (line is not null)
        {
            return long.Parse(line.AsSpan(6).Trim(" \tkB"), CultureInfo.InvariantCulture) * 1024;
        }

        using Process self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }
}

/// <summary>What a child process has to say.</summary>
/// <param name="Seconds">How long its requests took.</param>
/// <param name="PeakBytes">Its peak working set.</param>
internal sealed record StreamChildResult(double Seconds, long PeakBytes);
