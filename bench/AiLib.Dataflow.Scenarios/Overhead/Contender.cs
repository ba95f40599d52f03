using AiLib.Dataflow.Rivals;
using AiLib.Dataflow.Rivals.Calls;

namespace AiLib.Dataflow.Scenarios.Overhead;

/// <summary>A rival of either face, as something that does so many requests.</summary>
/// <param name="Name">The rival.</param>
/// <param name="PrepareAsync">Gets ready for so many requests, unmeasured.</param>
/// <param name="RunAsync">Does so many requests, and checks the answers.</param>
internal sealed record Contender(string Name, Func<int, ValueTask> PrepareAsync, Func<int, Task<long>> RunAsync)
{
    /// <summary>A rival of the streaming face.</summary>
    public static Contender Of(IStreamRival rival) => new(rival.Name, rival.PrepareAsync, rival.RunCheckedAsync);

    /// <summary>A rival of the call face, with so many callers.</summary>
    public static Contender Of(ICallRival rival, int callers) => new(rival.Name, rival.PrepareAsync, calls => rival.RunCheckedAsync(callers, calls));

    /// <summary>Does so many requests and says what one of them took.</summary>
    public async Task<Cost> MeasureAsync(int requests)
    {
        await PrepareAsync(requests);

        // The garbage of others is theirs.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long began = TimeProvider.System.GetTimestamp();
        await RunAsync(requests);
        TimeSpan took = TimeProvider.System.GetElapsedTime(began);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        return new Cost(took.TotalNanoseconds / requests, (double)allocated / requests);
    }
}

/// <summary>What one request took.</summary>
/// <param name="Nanoseconds">Time.</param>
/// <param name="Bytes">Allocated memory.</param>
internal readonly record struct Cost(double Nanoseconds, double Bytes);
