using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;

namespace AiLib.Dataflow.Scenarios.Reporting;

/// <summary>Where figures were measured.</summary>
/// <param name="Processor">The processor's name, as the system gives it.</param>
/// <param name="Cores">How many processors this process may use.</param>
/// <param name="System">The operating system.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="Collector">The garbage collector's mode.</param>
/// <param name="Date">When.</param>
internal sealed record MachineDescription(string Processor, int Cores, string System, string Runtime, string Collector, string Date)
{
    /// <summary>This machine, now.</summary>
    public static MachineDescription Read() => new(
        ReadProcessor(),
        Environment.ProcessorCount,
        RuntimeInformation.OSDescription,
        $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.ProcessArchitecture}",
        GCSettings.IsServerGC ? "server" : "workstation",
        TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture));

    /// <summary>The description in one line.</summary>
    public override string ToString() => $"{Processor}, {Cores} cores, {System}, {Runtime}, {Collector} collector, {Date}";

    private static string ReadProcessor()
    {
        const string CpuInfo = "/proc/cpuinfo";
        string? line = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return line is null ? "unknown processor" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
