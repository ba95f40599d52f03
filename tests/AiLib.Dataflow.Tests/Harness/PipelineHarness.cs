using System.Collections.Concurrent;
using System.Reflection;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Tests.Harness;

/// <summary>A pipeline at fake time with scripted providers. Disposing it stops the pipeline and checks what must always hold at rest.</summary>
internal sealed class PipelineHarness : IAsyncDisposable
{
    private readonly Dataflow.Recovery.RetryQueue<Ticket<string, string>> _retries;

    public PipelineHarness(
        int targets = 1,
        Action<int, TargetOptions>? target = null,
        Action<RequestPipelineBuilder<string, string>>? builder = null,
        TimeSpan? holdTolerance = null)
    {
        RequestPipelineBuilder<string, string> build = RequestPipeline.CreateBuilder<string, string>().UseEnvironment(static _ => null);
        build.UseTimeProvider(Time);
        build.Configure(options =>
        {
            options.Seed = 1;
            options.HoldTolerance = holdTolerance ?? options.HoldTolerance;
        });
        for (int index = 0; index < targets; index++)
        {
            ScriptedEndpoint endpoint = new(NameOf(index), Time);
            Endpoints.Add(endpoint);
            build.AddTarget(endpoint.Id, endpoint, options =>
            {
                options.Retry.Jitter = Dataflow.Recovery.Jitter.None;
                target?.Invoke(index, options);
            });
        }

        build.OnRetry(Retries.Enqueue).OnRedirect(Redirects.Enqueue).OnCircuitChanged(Circuits.Enqueue).OnRejected(Rejections.Enqueue);
        builder?.Invoke(build);
        Pipeline = build.Build();
        _retries = Read<Dataflow.Recovery.RetryQueue<Ticket<string, string>>>(Pipeline, "_retries");
    }

    public TestTime Time { get; } = new();

    public List<ScriptedEndpoint> Endpoints { get; } = [];

    public ScriptedEndpoint Endpoint => Endpoints[0];

    public RequestPipeline<string, string> Pipeline { get; }

    public ConcurrentQueue<RetryEvent> Retries { get; } = new();

    public ConcurrentQueue<RedirectEvent> Redirects { get; } = new();

    public ConcurrentQueue<CircuitEvent> Circuits { get; } = new();

    public ConcurrentQueue<RejectionEvent> Rejections { get; } = new();

    public SignalsSnapshot Signals => Pipeline.Signals.Snapshot();

    /// <summary>Whether disposing checks the invariants. Off only for a test that shows a broken pipeline.</summary>
    public bool ChecksAtRest { get; set; } = true;

    public static string NameOf(int index) => ((char)('a' + index)).ToString();

    /// <summary>Sends a request as a task.</summary>
    public Task<string> SendAsync(string request = "q", RequestOptions options = default, CancellationToken cancellationToken = default) =>
        Pipeline.SendAsync(request, options, cancellationToken).AsTask();

    /// <summary>Sends a request and gets all about its end.</summary>
    public Task<Settled<string, string>> TrySendAsync(string request = "q", RequestOptions options = default, CancellationToken cancellationToken = default) =>
        Pipeline.TrySendAsync(request, options, cancellationToken).AsTask();

    /// <summary>Waits until the signals show something.</summary>
    public Task UntilAsync(Func<SignalsSnapshot, bool> condition, string phase) =>
        Patience.UntilAsync(() => condition(Signals), phase, () => Signals.Depths);

    /// <summary>Waits until so many retries wait for their time, each with its timer armed.</summary>
    public async Task UntilRetriesAsync(int count)
    {
        // The hook is told before the retry queue has the ticket, and the queue has it before its timer is armed.
        await Patience.UntilAsync(() => Retries.Count >= count && _retries.Count > 0 && _retries.Count == Signals.Depths.Delayed, $"{count} retries", () => Retries.Count);
        await Time.UntilArmedWithinAsync(Retries.ElementAt(count - 1).Delay + TimeSpan.FromMilliseconds(1));
    }

    /// <summary>Moves the time on in steps until a task has ended.</summary>
    public async Task AdvanceUntilAsync(Task task, double step = 0.1, double most = 3600)
    {
        TimeSpan end = Time.Elapsed + TimeSpan.FromSeconds(most);
        while (!task.IsCompleted)
        {
            Assert.True(Time.Elapsed < end, $"Not ended after {most} s of fake time: {Signals.Depths}");
            Time.Advance(step);
            for (int yields = 0; yields < 20 && !task.IsCompleted; yields++)
            {
                await Task.Yield();
            }
        }
    }

    /// <summary>Stops with a time to drain, moving the time on as long as it takes.</summary>
    public async Task StopAsync(TimeSpan drain = default)
    {
        Task stop = Pipeline.StopAsync(drain);
        await AdvanceUntilAsync(stop);
        await stop;
    }

    public async ValueTask DisposeAsync()
    {
        if (!ChecksAtRest)
        {
            return;
        }

        await StopAsync();
        await CheckAtRestAsync();
    }

    /// <summary>Slots home, permits home, queues empty, everything that was let in was answered, once.</summary>
    public async Task CheckAtRestAsync()
    {
        await UntilAsync(now => now.Depths == default && now.Admitted == now.Answered + now.Failed + now.Cancelled, "rest");
        SignalsSnapshot rest = Signals;
        Assert.Equal(0, rest.CurrentInflight);
        Assert.Equal(rest.Attempts, rest.Targets.Sum(signals => signals.Outcomes.Total));
        await Patience.UntilAsync(() => rest.Attempts == Endpoints.Sum(endpoint => endpoint.Calls), "every attempt counted once");
        Ticket<string, string>[] tickets = [.. Lanes.SelectMany(lane => (IEnumerable<Ticket<string, string>>)Property(lane, "Tickets"))];
        await Patience.UntilAsync(
            () => tickets.All(ticket => ticket.Place == TicketPlace.Free), "all slots home", () => string.Join(' ', tickets.Select(ticket => ticket.Place)));
        await Patience.UntilAsync(() => FreeSlots() == Slots(), "every slot in its door", () => $"{FreeSlots()} of {Slots()}");
    }

    /// <summary>The free slots over all doors.</summary>
    public int FreeSlots() => Doors.Sum(door => Read<Dataflow.Threading.WaitablePool<Ticket<string, string>>>(door, "_tickets").Free);

    private int Slots() => Doors.Sum(door => (int)Property(door, "Slots"));

    private IEnumerable<object> Lanes => Read<Array>(Pipeline, "_lanes").Cast<object>();

    private IEnumerable<object> Doors => Lanes.Select(lane => Property(lane, "Door"));

    private static object Property(object owner, string name) => owner.GetType().GetProperty(name)!.GetValue(owner)!;

    private static T Read<T>(object owner, string field) =>
        (T)owner.GetType().GetField(field, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(owner)!;
}
