using System.Globalization;
using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.VirtualWorld;

namespace AiLib.Dataflow.Batch.Tests.Support;

/// <summary>A job, its disk, its targets and its time, all on one thread: what happens is a function of the seed, which draws what runs next. Time passes only when nothing can run.</summary>
internal sealed class JobWorld(int seed) : IDisposable
{
    public const int MaxInflight = 8;
    public const int Slots = 32;

    public static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // More than a request and a leg take to be noticed, less than any wait: the watches look each tenth of a second.
    public static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    // A job that has not come to its end by then never does.
    private static readonly TimeSpan Patience = TimeSpan.FromHours(3);

    // For its name only: the files are on a disk of the world's own.
    private readonly TemporaryDirectory _directory = new();
    private readonly SimulatedDisk _disk = new();
    private readonly Random _random = new(seed);

    public VirtualTime Time { get; } = new(new Random(seed));

    /// <summary>Further attempts at the same target. Default: none.</summary>
    public int MaxRetries { get; set; }

    /// <summary>After so many failures in a row a target is left alone for a while. Default: never.</summary>
    public int FailureThreshold { get; set; }

    /// <summary>Runs a test in so many worlds; what fails says in which.</summary>
    public static void ForEach(int seeds, Action<JobWorld> test)
    {
        for (int seed = 0; seed < seeds; seed++)
        {
            using JobWorld world = new(seed);
            try
            {
                test(world);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"With seed {seed}: {failure.Message}"), failure);
            }
        }
    }

    public void Dispose() => _directory.Dispose();

    public string PathOf(string name) => _directory[name];

    /// <summary>Puts an input there, in place of what was there before.</summary>
    public void Put(string name, byte[] content) => _disk.Put(PathOf(name), content);

    public void Put(string name, IEnumerable<string> lines) => Put(name, Encoding.UTF8.GetBytes(string.Concat(lines.Select(static line => line + "\n"))));

    /// <summary>A job of so many requests that waits for a quota.</summary>
    public BatchJobOptions Job(int count)
    {
        Put("in.jsonl", Enumerable.Range(1, count).Select(static number => Requests.Line($"r{number}")));
        return new BatchJobOptions { InputPath = PathOf("in.jsonl"), WaitForQuota = Day, TimeProvider = Time, Durability = BatchDurability.None };
    }

    public QuotaTarget Target(TimeSpan window, int quota, OutcomeKind refusal = OutcomeKind.Throttled, TimeSpan firstWindow = default) =>
        new(Time, _random, window, quota, refusal, firstWindow);

    /// <summary>A target that takes any number at any time.</summary>
    public QuotaTarget Target() => Target(TimeSpan.FromDays(1), int.MaxValue);

    // Here and now: the asynchronous form goes on elsewhere.
    public static void Cancel(CancellationTokenSource source) => source.Cancel();

    /// <summary>Runs a job to its end.</summary>
    public BatchJobResult Run(BatchJobOptions options, params IEndpoint<ProviderRequest, ProviderResponse>[] targets) => Run(options, static (_, _, running) => running, CancellationToken.None, CancellationToken.None, targets);

    /// <summary>Runs a job while somebody watches it.</summary>
    public T Run<T>(
        BatchJobOptions options,
        Func<BatchJob, RequestPipeline<BatchRequest, ProviderResponse>, Task<BatchJobResult>, Task<T>> watch,
        CancellationToken stop,
        CancellationToken abort,
        params IEndpoint<ProviderRequest, ProviderResponse>[] targets) => Time.Run(async () =>
        {
            await using BatchJob job = await BatchJob.OpenAsync(options, _disk, CancellationToken.None);
            await using RequestPipeline<BatchRequest, ProviderResponse> pipeline = Pipeline(targets);
            using CancellationTokenSource tooLong = new(Patience, Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(abort, tooLong.Token);
            Task<BatchJobResult> running = job.RunAsync(pipeline, stop, either.Token);
            try
            {
                return await watch(job, pipeline, running);
            }
            finally
            {
                // Also after a watch that has failed: what is left behind would go on where it may not.
                Cancel(either);
                await running;
            }
        });

    /// <summary>Lets time pass until a job sleeps.</summary>
    public async Task<BatchJobCounts> UntilItWaitsAsync(BatchJob job, Task<BatchJobResult> running)
    {
        while (job.Counts.WaitsUntil is null)
        {
            Assert.False(running.IsCompleted, "The job has ended without a wait.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), Time);
        }

        return job.Counts;
    }

    /// <summary>The <c>custom_id</c> of each line of a file, in order; null when there is no file.</summary>
    public string[]? Ids(string name) => _disk.Read(PathOf(name)) is { } content
        ? [.. Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("custom_id").GetString()!)]
        : null;

    /// <summary>Each of so many requests has one answer, and none an error.</summary>
    public void AssertOnce(int count)
    {
        Same.Names(Enumerable.Range(1, count).Select(static number => $"r{number}").Order(StringComparer.Ordinal), Ids("in.results.jsonl")!.Order(StringComparer.Ordinal));
        Assert.Null(Ids("in.errors.jsonl"));
    }

    private RequestPipeline<BatchRequest, ProviderResponse> Pipeline(IEndpoint<ProviderRequest, ProviderResponse>[] targets)
    {
        RequestPipelineBuilder<BatchRequest, ProviderResponse> builder = RequestPipeline.CreateBuilder<BatchRequest, ProviderResponse>().UseTimeProvider(Time);
        foreach ((int index, IEndpoint<ProviderRequest, ProviderResponse> target) in targets.Index())
        {
            builder.AddTarget(targets.Length == 1 ? "only" : $"target {index + 1}", new BatchEndpoint(target), options =>
            {
                options.Retry.MaxRetries = MaxRetries;
                options.AttemptTimeout = TimeSpan.FromHours(12);
                options.Slots = Slots;
                options.Backpressure.MaxInflight = MaxInflight;
                options.CircuitBreaker.FailureThreshold = FailureThreshold;
                options.CircuitBreaker.FailureRatio = 0;
            });
        }

        return builder.Configure(options => options.Seed = seed).Build();
    }
}
