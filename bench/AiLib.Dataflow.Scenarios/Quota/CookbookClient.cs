using AiLib.Dataflow.VirtualWorld;

namespace AiLib.Dataflow.Scenarios.Quota;

/// <summary>The scheme of the script for parallel requests in OpenAI's cookbook: two refilled buckets, a pause for all after a 429, no refund.</summary>
/// <remarks>
/// As that script does: a loop that looks every millisecond; both capacities start full and flow in by time; what a failed attempt took is not given back; after a 429 nothing
/// new is sent for 15 seconds; five attempts for a request. It has no use for headers and no limit in flight. Where limits are unknown it is given twice what
/// is allowed, because it has to be given something.
/// </remarks>
internal static class CookbookClient
{
    private const int Attempts = 5;
    private const double GuessFactor = 2;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1);

    /// <summary>It, as a client.</summary>
    /// <param name="truth">What the provider allows.</param>
    public static QuotaClient Client(ProviderSettings truth) => new("cookbook: buckets, pause of 15 s", task => RunAsync(task, truth));

    private static async Task RunAsync(QuotaTask task, ProviderSettings truth)
    {
        double factor = task.Known is null ? GuessFactor : 1;
        double requestLimit = factor * (truth.RequestsPerMinute ?? 1_000_000);
        double tokenLimit = factor * (truth.TokensPerMinute ?? 1_000_000_000);
        double requests = requestLimit;
        double tokens = tokenLimit;
        TimeSpan filledAt = task.Elapsed;
        TimeSpan pausedUntil = TimeSpan.Zero;
        Queue<(Job Job, int Attempt)> retries = new();
        (Job Job, int Attempt)? next = null;
        int index = 0;
        while (task.Elapsed < task.Until)
        {
            TimeSpan now = task.Elapsed;
            double minutes = (now - filledAt).TotalMinutes;
            requests = Math.Min(requestLimit, requests + (requestLimit * minutes));
            tokens = Math.Min(tokenLimit, tokens + (tokenLimit * minutes));
            filledAt = now;
            next ??= retries.TryDequeue(out (Job Job, int Attempt) retry) ? retry : (task.Next(index++), 1);
            if (now >= pausedUntil && requests >= 1 && tokens >= next.Value.Job.Estimate)
            {
                requests--;
                tokens -= next.Value.Job.Estimate;
                _ = CallAsync(next.Value.Job, next.Value.Attempt);
                next = null;
                continue;
            }

            // Until there can be enough: the script looks every millisecond, which would change nothing but the time that this takes.
            double wait = Math.Max((1 - requests) / requestLimit, (next.Value.Job.Estimate - tokens) / tokenLimit);
            TimeSpan until = TimeSpan.FromTicks(Math.Max((pausedUntil - now).Ticks, (long)(wait * TimeSpan.TicksPerMinute)));
            await Task.Delay(until > Look ? TimeSpan.FromMilliseconds(Math.Ceiling(until.TotalMilliseconds)) : Look, task.Time);
        }

        async Task CallAsync(Job job, int attempt)
        {
            Reply reply = await task.Providers[0].CallAsync(job, CancellationToken.None);
            if (reply.End == CallEnd.Refused)
            {
                pausedUntil = task.Elapsed + Pause;
            }

            if (reply.End != CallEnd.Answered && attempt < Attempts)
            {
                retries.Enqueue((job, attempt + 1));
            }
        }
    }
}
