using System.Collections.Concurrent;

namespace AiLib.Dataflow.Tests.Harness;

/// <summary>A provider that the test plays by hand.</summary>
internal sealed class ScriptedEndpoint(string id, TestTime time) : IEndpoint<string, string>
{
    private readonly ConcurrentQueue<ScriptedCall> _arrived = new();
    private int _calls;

    public string Id { get; } = id;

    /// <summary>Whether attempts go on after their token was cancelled.</summary>
    public bool IgnoresCancellation { get; set; }

    /// <summary>Runs in each attempt, before it is handed to the test.</summary>
    public Action<ScriptedCall>? OnCall { get; set; }

    /// <summary>Answers attempts without the test, when it gives something.</summary>
    public Func<ScriptedCall, Outcome<string>?>? Autopilot { get; set; }

    /// <summary>Attempts that have arrived so far.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Attempts that have arrived and were not yet taken by the test.</summary>
    public int Unseen => _arrived.Count;

    public ConcurrentBag<ScriptedCall> All { get; } = [];

    public async ValueTask<Outcome<string>> CallAsync(string request, AttemptContext attempt, CancellationToken cancellationToken)
    {
        ScriptedCall call = new(request, attempt, time.Elapsed, cancellationToken);
        All.Add(call);
        Interlocked.Increment(ref _calls);
        OnCall?.Invoke(call);
        if (Autopilot?.Invoke(call) is { } outcome)
        {
            return outcome;
        }

        using CancellationTokenRegistration registration = IgnoresCancellation
            ? default
            : cancellationToken.UnsafeRegister(static call => ((ScriptedCall)call!).ObserveCancellation(), call);
        _arrived.Enqueue(call);
        return await call.Outcome;
    }

    /// <summary>Waits for the next attempt.</summary>
    public async Task<ScriptedCall> NextAsync()
    {
        ScriptedCall? call = null;
        await Patience.UntilAsync(() => _arrived.TryDequeue(out call), $"the next attempt at {Id}", () => $"{Calls} attempts at {time.Elapsed}");
        return call!;
    }

    /// <summary>Waits for so many attempts.</summary>
    public async Task<List<ScriptedCall>> NextAsync(int count)
    {
        List<ScriptedCall> calls = [];
        while (calls.Count < count)
        {
            calls.Add(await NextAsync());
        }

        return calls;
    }
}
