using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests.Support;

/// <summary>Runs jobs over a provider that the test plays.</summary>
internal sealed class JobRun
{
    /// <summary>How many requests are in the pipeline at once.</summary>
    public const int Slots = 32;

    /// <summary>What the provider says to a request, by its <c>custom_id</c>.</summary>
    public Func<string, Outcome<ProviderResponse>> Answer { get; set; } = Ok;

    /// <summary>The requests that reached the provider.</summary>
    public ConcurrentQueue<string> Calls { get; } = [];

    public int MaxInflight { get; set; } = 8;

    /// <summary>What an attempt waits for before it is answered.</summary>
    public Func<string, Task> Before { get; set; } = static _ => Task.CompletedTask;

    public static Outcome<ProviderResponse> Ok(string customId) =>
        Outcome<ProviderResponse>.Answered(new ProviderResponse(200, Encoding.UTF8.GetBytes($$"""{"echo":"{{customId}}"}"""), "req_1"));

    public static Outcome<ProviderResponse> Http(ProviderErrorCode code, int status) => Outcome<ProviderResponse>.Failed(
        code.ToOutcomeKind(), new ProviderException(code, "no", status, "req_9", """{"error":{"message":"no"}}"""u8.ToArray()));

    public RequestPipeline<BatchRequest, ProviderResponse> Pipeline() => RequestPipeline.CreateBuilder<BatchRequest, ProviderResponse>()
        .AddTarget("played", new BatchEndpoint(new PlayedEndpoint(this)), target =>
        {
            target.Retry.MaxRetries = 0;
            target.Slots = Slots;
            target.Backpressure.MaxInflight = MaxInflight;
            target.CircuitBreaker.FailureThreshold = 0;
            target.CircuitBreaker.FailureRatio = 0;
        })
        .Build();

    public async Task<BatchJobResult> RunAsync(
        BatchJobOptions options, IFileSystem? files = null, CancellationToken stop = default, CancellationToken abort = default)
    {
        Calls.Clear();
        await using BatchJob job = await BatchJob.OpenAsync(options, files ?? DiskFileSystem.Instance, CancellationToken.None);
        await using RequestPipeline<BatchRequest, ProviderResponse> pipeline = Pipeline();
        return await job.RunAsync(pipeline, stop, abort);
    }

    /// <summary>The <c>custom_id</c> of each line of an output file, in order; none when there is no file.</summary>
    public static string?[] Ids(string path) => File.Exists(path)
        ? [.. File.ReadAllLines(path).Where(static line => !string.IsNullOrWhiteSpace(line)).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("custom_id").GetString())]
        : [];

    /// <summary>As <see cref="Ids"/>, less a last line that was torn off.</summary>
    public static string?[] WholeIds(string path)
    {
        string text = File.Exists(path) ? File.ReadAllText(path) : "";
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("custom_id").GetString())];
    }

    private sealed class PlayedEndpoint(JobRun run) : IEndpoint<ProviderRequest, ProviderResponse>
    {
        public async ValueTask<Outcome<ProviderResponse>> CallAsync(ProviderRequest request, AttemptContext attempt, CancellationToken cancellationToken)
        {
            using JsonDocument body = JsonDocument.Parse(request.Body);
            string customId = body.RootElement.GetProperty("messages")[0].GetProperty("content").GetString()!;
            run.Calls.Enqueue(customId);
            await run.Before(customId).WaitAsync(cancellationToken);
            return run.Answer(customId);
        }
    }
}
