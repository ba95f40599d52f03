namespace AiLib.Dataflow.Rivals;

/// <summary>One way to make a call that its caller awaits. Built once, called by many at once.</summary>
public interface ICallRival : IAsyncDisposable
{
    /// <summary>What it is called in tables.</summary>
    string Name { get; }

    /// <summary>Gets ready for so many calls, outside what is measured.</summary>
    ValueTask PrepareAsync(int calls) => ValueTask.CompletedTask;

    /// <summary>Gets one request answered. To be awaited exactly once.</summary>
    ValueTask<int> CallAsync(int request);
}
