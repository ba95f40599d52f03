using System.Diagnostics;

namespace AiLib.Dataflow.BatchOverHttp;

/// <summary><c>ailib simulate</c> in a process of its own, without limits, latency and faults.</summary>
internal sealed class Simulator : IDisposable
{
    private readonly Process _process;

    private Simulator(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    /// <summary>The API root.</summary>
    public Uri Address { get; }

    /// <summary>The processor time it has taken so far.</summary>
    public TimeSpan Processor
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts it.</summary>
    public static async Task<Simulator> StartAsync()
    {
        Process process = ChildProcess.Start("ailib.dll", [], "simulate");
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        string? address = await process.StandardOutput.ReadLineAsync().ConfigureAwait(false);
        return new Simulator(process, new Uri(address ?? throw new InvalidOperationException("The simulator did not start.")));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }
}
