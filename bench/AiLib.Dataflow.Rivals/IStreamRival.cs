namespace AiLib.Dataflow.Rivals;

/// <summary>One way to get a stream of requests answered with at most so many in flight. Built once, run as often as wanted, by one caller at a time.</summary>
public interface IStreamRival : IAsyncDisposable
{
    /// <summary>What it is called in tables.</summary>
    string Name { get; }

    /// <summary>Gets ready for so many requests, outside what is measured.</summary>
    ValueTask PrepareAsync(int requests) => ValueTask.CompletedTask;

    /// <summary>Gets the requests from 0 to <paramref name="requests"/> - 1 answered.</summary>
    /// <returns>The sum of the answers, to be checked against <see cref="Answers.SumOf"/>.</returns>
    Task<long> RunAsync(int requests);
}
