using System.Threading.Channels;
using System.Threading.Tasks.Dataflow;
using AiLib.Dataflow.Rivals;
using AiLib.Dataflow.Scenarios.Reporting;
using AiLib.Dataflow.Scenarios.Targets;

namespace AiLib.Dataflow.Scenarios;

/// <summary>A consumer that is slower than the target. What it shows: the source is read only as fast as answers are taken, and memory stays flat.</summary>
/// <remarks>
/// <code>
/// source ──► 16 in flight, 128 slots ──► 8 KiB at once ──► consumer: one a millisecond
///    ▲                                                        │
///    └────────── waits: all slots are taken ◄─────────────────┘
/// </code>
/// <para>The lead is how many requests have been read and not yet taken as answers. Of the pipeline's, at most: one in each slot, and the one that waits at
/// the door. The lead and the heap of the others are shown, not checked.</para>
/// </remarks>
internal sealed class SlowConsumer : IScenario
{
    private const int InFlight = 16;
    private const int Slots = 128;
    private const double Mebibyte = 1 << 20;

    // What the collector's own bookkeeping, timers and tasks may take besides the answers.
    private const double Slack = 2 * Mebibyte;

    /// <inheritdoc/>
    public string Name => nameof(SlowConsumer);

    /// <inheritdoc/>
    public async Task<ScenarioReport> RunAsync(ScenarioOptions options)
    {
        int requests = options.Quick ? 3_000 : 20_000;
        ReportRow[] rows =
        [
            await MeasureAsync(RivalNames.Pipeline, requests, PipelineAsync, mostLead: Slots + 1),
            await MeasureAsync("TPL Dataflow, bounded", requests, TplAsync, mostLead: null),
            await MeasureAsync("Parallel.ForEachAsync, unbounded channel", requests, ParallelAsync, mostLead: null),
        ];
        return new ScenarioReport(Name, new ReportTable("rivals", $"{requests} requests, {Slots} slots, answers of {PayloadTarget.Size} bytes", rows));
    }

    private static async Task<ReportRow> MeasureAsync(string name, int requests, Func<PacedSource, PacedConsumer, Task> run, int? mostLead)
    {
        PacedConsumer consumer = new(requests);
        PacedSource source = new(requests, consumer);
        long began = TimeProvider.System.GetTimestamp();
        await run(source, consumer);
        TimeSpan took = TimeProvider.System.GetElapsedTime(began);
        if (consumer.Taken != requests || consumer.Sum != Answers.SumOf(requests))
        {
            throw new ScenarioFailedException($"{name}: {consumer.Taken} answers instead of {requests}, which sum up to {consumer.Sum}.");
        }

        if (source.MostLead > mostLead)
        {
            throw new ScenarioFailedException($"{name}: the source was {source.MostLead} requests ahead of the consumer; {mostLead} are allowed.");
        }

        if (mostLead is { } lead && consumer.HeapGrowth > (lead * (double)PayloadTarget.Size) + Slack)
        {
            throw new ScenarioFailedException($"{name}: the heap grew by {consumer.HeapGrowth} bytes, which {lead} answers do not explain.");
        }

        return new ReportRow(
            name,
            new Metric("seconds", took.TotalSeconds, "0.000"),
            new Metric("mostLead", source.MostLead, "0"),
            new Metric("heapGrowthMiB", consumer.HeapGrowth / Mebibyte));
    }

    private static async Task PipelineAsync(PacedSource source, PacedConsumer consumer)
    {
        await using RequestPipeline<int, byte[]> pipeline = RequestPipeline.CreateBuilder<int, byte[]>()
            .AddTarget("target", new PayloadTarget(), target =>
            {
                target.Backpressure.MaxInflight = InFlight;
                target.Slots = Slots;
            })
            .Build();
        await foreach (Settled<int, byte[]> settled in pipeline.RunAsync(source.ReadAsync()))
        {
            await consumer.TakeAsync(settled.Outcome.Response!);
        }
    }

    private static async Task TplAsync(PacedSource source, PacedConsumer consumer)
    {
        TransformBlock<int, byte[]> block = new(
            static request => PayloadTarget.AnswerAsync(request).AsTask(),
            new ExecutionDataflowBlockOptions { BoundedCapacity = Slots, MaxDegreeOfParallelism = InFlight, EnsureOrdered = false });
        Task feeding = FeedAsync();
        await foreach (byte[] answer in block.ReceiveAllAsync())
        {
            await consumer.TakeAsync(answer);
        }

        await feeding;

        async Task FeedAsync()
        {
            await foreach (int request in source.ReadAsync())
            {
                await block.SendAsync(request);
            }

            block.Complete();
        }
    }

    private static async Task ParallelAsync(PacedSource source, PacedConsumer consumer)
    {
        Channel<byte[]> answers = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
        Task working = WorkAsync();
        await foreach (byte[] answer in answers.Reader.ReadAllAsync())
        {
            await consumer.TakeAsync(answer);
        }

        await working;

        async Task WorkAsync()
        {
            await Parallel.ForEachAsync(
                source.ReadAsync(),
                new ParallelOptions { MaxDegreeOfParallelism = InFlight },
                async (request, cancellationToken) => await answers.Writer.WriteAsync(await PayloadTarget.AnswerAsync(request), cancellationToken));
            answers.Writer.Complete();
        }
    }
}
