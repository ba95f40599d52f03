namespace AiLib.Dataflow.Simulation.Tests.World;

/// <summary>Runs everything on one thread, in an order drawn from the seed. What is posted here is all that can run.</summary>
internal sealed class SimulatedScheduler(SeededRandom random) : SynchronizationContext
{
    private readonly List<(SendOrPostCallback Callback, object? State)> _ready = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;

    /// <summary>How many steps were run.</summary>
    public long Steps { get; private set; }

    /// <summary>A hash over the order of everything that ran and happened.</summary>
    public ulong TraceHash { get; private set; } = 14695981039346656037;

    /// <summary>Whether something can run.</summary>
    public bool HasReady => _ready.Count > 0;

    public override void Post(SendOrPostCallback d, object? state)
    {
        AssertThread();
        _ready.Add((d, state));
    }

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs one thing, any of those that can.</summary>
    public void Step()
    {
        int choice = random.Next(_ready.Count);
        (SendOrPostCallback callback, object? state) = _ready[choice];
        _ready[choice] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        Steps++;
        Trace(choice);
        callback(state);
    }

    /// <summary>Makes something that happened part of the trace.</summary>
    public void Trace(long what)
    {
        // FNV-1a over the bytes of the number.
        for (int shift = 0; shift < 64; shift += 8)
        {
            TraceHash = (TraceHash ^ (byte)(what >> shift)) * 1099511628211;
        }
    }

    /// <summary>Fails when the code under test runs anywhere else: then it has left the scheduler.</summary>
    public void AssertThread()
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            Environment.FailFast("A continuation left the simulation's scheduler.");
        }
    }
}
