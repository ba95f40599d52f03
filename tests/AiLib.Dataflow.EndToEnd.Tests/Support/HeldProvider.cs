using System.Globalization;
using AiLib.Dataflow.Simulator;
using Microsoft.Extensions.Time.Testing;

namespace AiLib.Dataflow.EndToEnd.Tests.Support;

/// <summary>A provider that answers only while the test lets its time pass.</summary>
/// <remarks>
/// So a run can be met in the middle on any machine: what is in flight stays there until the test goes on, however long the test, or the tool, is kept from its processor. With a latency in real
/// time the job would be at its end when the test comes back.
/// </remarks>
internal sealed class HeldProvider : IAsyncDisposable
{
    private static readonly TimeSpan Latency = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FakeTimeProvider _time;
    private readonly SimulatorServer _server;

    private HeldProvider(FakeTimeProvider time, SimulatorServer server)
    {
        _time = time;
        _server = server;
    }

    /// <summary>What <c>--base-url</c> takes.</summary>
    public string Address => _server.BaseAddress.ToString();

    /// <summary>Those that get an answer, or have got one.</summary>
    public long Served => _server.Counts.Served;

    public static async Task<HeldProvider> StartAsync(SimulatorOptions? options = null)
    {
        FakeTimeProvider time = new();
        return new HeldProvider(time, await SimulatorServer.StartAsync((options ?? new SimulatorOptions()) with { TimeToFirstToken = Latency }, time));
    }

    /// <summary>Answers until so many requests were taken, and then no more.</summary>
    /// <param name="tool">Who sends them; it must not have ended.</param>
    /// <param name="served">So many, of which those in flight have no answer yet.</param>
    /// <param name="inFlight">Waits until so many are held.</param>
    public async Task AnswerAsync(Ailib tool, int served, int inFlight)
    {
        await PassAsync(() => Served >= served || tool.HasEnded);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        using CancellationTokenSource patience = new(Patience, TimeProvider.System);
        while (_server.Counts.InFlight < inFlight && !tool.HasEnded)
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }

        Assert.False(tool.HasEnded, string.Create(CultureInfo.InvariantCulture, $"It has ended after {Served} requests: {tool.Error}"));
    }

    /// <summary>Answers until something has ended.</summary>
    public async Task<T> AnswerAsync<T>(Task<T> until)
    {
        await PassAsync(() => until.IsCompleted);
        return await until;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    // Step by step, because a request may come in between.
    private async Task PassAsync(Func<bool> until)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        using CancellationTokenSource patience = new(Patience, TimeProvider.System);
        while (!until())
        {
            _time.Advance(Latency);
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }
}
