namespace AiLib.Dataflow.Rivals;

/// <summary>What every rival has to answer, so that a sum tells whether each request was answered exactly once.</summary>
public static class Answers
{
    /// <summary>The answer to a request.</summary>
    public static int For(int request) => request + 1;

    /// <summary>The sum of the answers to the requests from 0 on.</summary>
    public static long SumOf(int requests) => (long)requests * (requests + 1L) / 2;

    /// <summary>Runs requests through a rival and checks that all were answered.</summary>
    /// <exception cref="InvalidOperationException">An answer is missing, wrong, or there twice.</exception>
    public static async Task<long> RunCheckedAsync(this IStreamRival rival, int requests) =>
        Check(rival.Name, requests, await rival.RunAsync(requests).ConfigureAwait(false));

    /// <summary>Checks the sum of the answers.</summary>
    /// <exception cref="InvalidOperationException">An answer is missing, wrong, or there twice.</exception>
    public static long Check(string rival, int requests, long sum) => sum == SumOf(requests)
        ? sum
        : throw new InvalidOperationException($"{rival}: the answers to {requests} requests sum up to {sum} instead of {SumOf(requests)}.");
}
