using System.Globalization;
using System.IO.Compression;
using System.Text;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests.Parking;

/// <summary>Requests whose target takes none for long wait as places in the input. In virtual time, on one thread, in orders that are drawn: see <see cref="JobWorld"/>.</summary>
public sealed class ParkingJobTests
{
    // More than the pipeline waits, and not much more: the watches look ten times a second.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(125);

    private static readonly int Seeds =
        int.TryParse(Environment.GetEnvironmentVariable("AILIB_PARKING_SEEDS"), CultureInfo.InvariantCulture, out int asked) ? asked : 5;

    [Theory]
    [InlineData(300, 50, OutcomeKind.Throttled)]
    [InlineData(300, 50, OutcomeKind.Exhausted)]
    [InlineData(12, 1, OutcomeKind.Overloaded)]
    [InlineData(9, 100, OutcomeKind.Throttled)]
    [InlineData(50, 50, OutcomeKind.Throttled)]
    [InlineData(51, 50, OutcomeKind.Exhausted)]
    public void Each_line_gets_its_answer_once_over_as_many_windows_as_it_takes_and_nobody_is_asked_too_early(int count, int quota, OutcomeKind refusal) => ForEachSeed(world =>
    {
        QuotaTarget target = world.Target(Window, quota, refusal);

        BatchJobResult result = world.Run(world.Job(count), target);

        int waits = (count - 1) / quota;
        Assert.Equal((BatchJobEnd.Completed, null, (long)count, 0L, 0L), (result.End, result.Reason, result.Counts.Answered, result.Counts.Failed, result.Counts.Parked));
        Assert.Equal((long)count, result.Counts.LinesRead);
        Assert.Equal(Windows(0, waits), target.Answering);
        Assert.Equal(Windows(0, waits - 1), target.Refusing);
        Assert.InRange(target.Calls.Count, count, count + (JobWorld.MaxInflight * waits));
        AssertNobodyWasAskedTooEarlyOrCutShort(target);
        world.AssertOnce(count);
    });

    [Fact]
    public void A_quota_that_is_back_in_half_a_minute_is_waited_for_as_well() => ForEachSeed(world =>
    {
        QuotaTarget target = world.Target(TimeSpan.FromSeconds(30), quota: 20, OutcomeKind.Exhausted);

        BatchJobResult result = world.Run(world.Job(90), target);

        Assert.Equal((BatchJobEnd.Completed, 90L), (result.End, result.Counts.Answered));
        Assert.Equal(Windows(0, 4), target.Answering);
        Assert.Equal(Windows(0, 3), target.Refusing);

        // So short a wait does not close the pipeline's door: what is inside is asked.
        Assert.InRange(target.Calls.Count, 90, 90 + (JobWorld.Slots * 4));
        AssertNobodyWasAskedTooEarlyOrCutShort(target);
        world.AssertOnce(90);
    });

    [Theory]
    [InlineData("gz")]
    [InlineData("limit")]
    [InlineData("sample")]
    [InlineData("shuffled")]
    [InlineData("dedupe")]
    [InlineData("csv")]
    [InlineData("bad lines")]
    [InlineData("budget")]
    public void It_goes_with_every_way_to_read_the_input(string way) => ForEachSeed(world =>
    {
        const int Count = 120;
        QuotaTarget target = world.Target(Window, quota: 25);
        BatchJobOptions job = world.Job(Count);
        string[] expected = [.. Enumerable.Range(1, Count).Select(number => $"r{number}")];
        string[] lines = [.. expected.Select(Requests.Line)];
        switch (way)
        {
            case "gz":
                job = Renamed(job, world, "in.jsonl.gz");
                world.Put("in.jsonl.gz", Zip(lines));
                break;
            case "limit":
                expected = expected[..60];
                job = job with { Input = new BatchInputOptions { Limit = 60 } };
                break;
            case "sample":
                job = job with { Input = new BatchInputOptions { SampleCount = 60 } };
                expected = [];
                break;
            case "shuffled":
                job = job with { Input = new BatchInputOptions { ShuffleSeed = 7 } };
                break;
            case "dedupe":
                world.Put("in.jsonl", expected.Select(id => Requests.Line(id).Replace($"\"content\":\"{id}\"", $"\"content\":\"q{int.Parse(id[1..], CultureInfo.InvariantCulture) % 60}\"", StringComparison.Ordinal)));
                job = job with { Dedupe = true };
                break;
            case "csv":
                job = Renamed(job, world, "in.csv") with { Input = new BatchInputOptions { Prompt = "{word}", IdColumn = "word" } };
                world.Put("in.csv", expected.Prepend("word"));
                break;
            case "bad lines":
                world.Put("in.jsonl", lines.SelectMany((line, number) => number % 10 == 0 ? [line, "", "{", Requests.Line("r1")] : new[] { line }));
                break;
            default:
                job = Priced(job, budget: 1000);
                break;
        }

        BatchJobResult result = world.Run(job, target);

        Assert.Equal((BatchJobEnd.Completed, null), (result.End, result.Reason));
        string[] ids = world.Ids("in.results.jsonl")!;
        Assert.Equal(ids.Length, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(way == "sample" ? 60 : expected.Length, ids.Length);
        Assert.True(way == "sample" || ids.ToHashSet(StringComparer.Ordinal).SetEquals(expected));
        Assert.Equal(way == "bad lines" ? 24 : 0, world.Ids("in.errors.jsonl")?.Length ?? 0);
        Assert.Equal(way == "bad lines" ? Count + 24 : ids.Length, result.Counts.LinesRead);
        Assert.NotEmpty(target.Refusing);
        AssertNobodyWasAskedTooEarlyOrCutShort(target);
    });

    [Fact]
    public void What_waits_has_given_back_the_money_that_was_set_aside_for_it() => ForEachSeed(world =>
    {
        // An answer costs 0.11, and what a request may cost, some 1.04, fits a handful of times: kept aside for those that wait, nobody else would be sent.
        QuotaTarget target = world.Target(Window, quota: 5);

        BatchJobResult result = world.Run(Priced(world.Job(40), budget: 8), target);

        Assert.Equal((BatchJobEnd.Completed, null, 40 * 0.11m), (result.End, result.Reason, result.Counts.Spend!.Value.Usd));
        Assert.Equal(Windows(0, 7), target.Answering);
        world.AssertOnce(40);
    });

    [Fact]
    public void What_waits_is_not_read_and_has_no_line_and_the_counts_say_until_when() => ForEachSeed(world =>
    {
        TimeSpan shut = TimeSpan.FromMinutes(4);
        QuotaTarget target = world.Target(Window, quota: 100_000, firstWindow: shut);
        DateTimeOffset began = world.Time.GetUtcNow();

        BatchJobResult result = world.Run(
            world.Job(1_000),
            async (job, pipeline, running) =>
            {
                BatchJobCounts waiting = await world.UntilItWaitsAsync(job, running);
                Assert.InRange(waiting.Parked, 1, JobWorld.Slots + 2);
                Assert.Equal(waiting.Parked, waiting.LinesRead);
                Assert.InRange(waiting.WaitsUntil!.Value - began, shut, shut + QuotaTarget.MostLatency);
                Assert.InRange(world.Time.Elapsed, TimeSpan.Zero, JobWorld.Moment);
                Assert.Empty(world.Ids("in.results.jsonl")!);
                Assert.Null(world.Ids("in.errors.jsonl"));
                Assert.InRange(target.Calls.Count, 1, JobWorld.MaxInflight);
                Assert.Equal(new Signals.StageDepths(), pipeline.Signals.Snapshot().Depths);
                int asked = target.Calls.Count;

                await Task.Delay(waiting.WaitsUntil.Value - world.Time.GetUtcNow() - TimeSpan.FromMilliseconds(1), world.Time);
                Assert.Equal((asked, waiting.LinesRead), (target.Calls.Count, job.Counts.LinesRead));

                BatchJobResult ended = await running;
                Assert.Null(job.Counts.WaitsUntil);
                return ended;
            },
            CancellationToken.None,
            CancellationToken.None,
            target);

        Assert.Equal((BatchJobEnd.Completed, 1_000L, 0L), (result.End, result.Counts.Answered, result.Counts.Parked));
        AssertNobodyWasAskedTooEarlyOrCutShort(target);
        world.AssertOnce(1_000);
    });

    [Fact]
    public void While_all_waits_a_stop_ends_the_run_at_once_and_the_next_one_goes_on() => ForEachSeed(world =>
    {
        using CancellationTokenSource stop = new();
        QuotaTarget target = world.Target(Window, quota: 20);

        (BatchJobResult stopped, TimeSpan took) = world.Run(
            world.Job(50),
            async (job, _, running) =>
            {
                await world.UntilItWaitsAsync(job, running);
                TimeSpan before = world.Time.Elapsed;
                JobWorld.Cancel(stop);
                return (await running, world.Time.Elapsed - before);
            },
            stop.Token,
            CancellationToken.None,
            target);
        string[] written = world.Ids("in.results.jsonl")!;
        QuotaTarget again = world.Target(Window, quota: 100);
        BatchJobResult finished = world.Run(world.Job(50), again);

        Assert.Equal(TimeSpan.Zero, took);
        Assert.Equal((BatchJobEnd.Interrupted, null, 20L, 0L), (stopped.End, stopped.Reason, stopped.Counts.Answered, stopped.Counts.Failed));
        Assert.InRange(stopped.Counts.Parked, 1, 30);
        Assert.Equal(20, written.Length);
        Assert.Equal((BatchJobEnd.Completed, 30L, 20L), (finished.End, finished.Counts.Answered, finished.Counts.AlreadyDone));
        Assert.Equal(30, again.Calls.Count);
        world.AssertOnce(50);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_stop_finds_under_way_waits_for_no_quota(bool aborts) => ForEachSeed(world =>
    {
        using CancellationTokenSource stop = new();
        using CancellationTokenSource abort = new();
        QuotaTarget target = world.Target(Window, quota: 1_000);

        BatchJobResult stopped = world.Run(
            world.Job(200),
            async (_, _, running) =>
            {
                while (target.Calls.Count < 100)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(1), world.Time);
                }

                int begun = target.Calls.Count;
                JobWorld.Cancel(aborts ? abort : stop);
                BatchJobResult ended = await running;
                Assert.Equal(begun, target.Calls.Count);
                return ended;
            },
            stop.Token,
            abort.Token,
            target);

        Assert.Equal((BatchJobEnd.Interrupted, 0L, 0L), (stopped.End, stopped.Counts.Failed, stopped.Counts.Parked));
        Assert.Null(world.Ids("in.errors.jsonl"));
        Assert.Equal(!aborts, target.CutShort == 0);
        Assert.Equal(target.Calls.Count - target.CutShort, stopped.Counts.Answered);
    });

    [Fact]
    public void Aborted_while_it_goes_to_sleep_it_writes_nothing_for_what_waits_and_the_next_run_goes_on() => ForEachSeed(world =>
    {
        // Between the first refusal and the wait: some are parked, some are under way, the others are in the pipeline.
        using CancellationTokenSource abort = new();
        QuotaTarget target = world.Target(Window, quota: 20);

        BatchJobResult stopped = world.Run(
            world.Job(100),
            async (job, _, running) =>
            {
                while (job.Counts.Parked == 0)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(1), world.Time);
                }

                JobWorld.Cancel(abort);
                return await running;
            },
            CancellationToken.None,
            abort.Token,
            target);
        int written = world.Ids("in.results.jsonl")!.Length;
        BatchJobResult finished = world.Run(world.Job(100), world.Target(Window, quota: 100));

        Assert.Equal((BatchJobEnd.Interrupted, (long)written, 0L), (stopped.End, stopped.Counts.Answered, stopped.Counts.Failed));
        Assert.InRange(world.Time.Elapsed, TimeSpan.Zero, 2 * JobWorld.Moment);
        Assert.Equal((BatchJobEnd.Completed, 100L - written), (finished.End, finished.Counts.Answered));
        world.AssertOnce(100);
    });

    [Fact]
    public void Without_the_option_the_run_stops_says_when_to_come_back_and_leaves_no_line() => ForEachSeed(world =>
    {
        QuotaTarget target = world.Target(Window, quota: 20);

        BatchJobResult stopped = world.Run(world.Job(50) with { WaitForQuota = null }, target);
        BatchJobResult finished = world.Run(world.Job(50) with { WaitForQuota = null }, world.Target(Window, quota: 50));

        Assert.Equal((BatchJobEnd.StoppedEarly, 20L, 0L, 0L), (stopped.End, stopped.Counts.Answered, stopped.Counts.Failed, stopped.Counts.Parked));
        Assert.StartsWith("only takes no requests until 2026-01-01 00:02:05 UTC, and a run waits so long only when it is told to (--wait-for-quota). ", stopped.Reason, StringComparison.Ordinal);
        Assert.InRange(target.Calls.Count, 21, 20 + JobWorld.MaxInflight);
        Assert.Equal((BatchJobEnd.Completed, 30L), (finished.End, finished.Counts.Answered));
        world.AssertOnce(50);
    });

    [Fact]
    public void A_wait_within_the_most_is_waited_for_and_answers_in_between_count_anew() => ForEachSeed(world =>
    {
        QuotaTarget target = world.Target(Window, quota: 10);

        BatchJobResult patient = world.Run(world.Job(40) with { WaitForQuota = TimeSpan.FromMinutes(6) }, target);

        Assert.Equal((BatchJobEnd.Completed, 40L), (patient.End, patient.Counts.Answered));
        Assert.Equal(Windows(0, 3), target.Answering);
    });

    [Fact]
    public void A_wait_beyond_the_most_stops_the_run_before_it_begins() => ForEachSeed(world =>
    {
        QuotaTarget shut = world.Target(Window, quota: 10, firstWindow: 3 * Window);

        BatchJobResult stopped = world.Run(world.Job(40) with { WaitForQuota = TimeSpan.FromMinutes(6) }, shut);

        Assert.Equal((BatchJobEnd.StoppedEarly, 0L, 0L), (stopped.End, stopped.Counts.Answered, stopped.Counts.Failed));
        Assert.Equal(
            string.Create(CultureInfo.InvariantCulture, $"no target takes requests until 2026-01-01 00:06:15 UTC, which is longer than the run may wait without an answer (--wait-for-quota 6m); {stopped.Counts.Parked} requests wait for it."),
            stopped.Reason);
        Assert.InRange(stopped.Counts.Parked, 1, JobWorld.Slots + 2);
        Assert.InRange(shut.Calls.Count, 1, JobWorld.MaxInflight);
        Assert.InRange(world.Time.Elapsed, TimeSpan.Zero, JobWorld.Moment);
    });

    [Fact]
    public void A_target_that_puts_off_again_and_again_is_not_waited_for_longer_than_allowed() => ForEachSeed(world =>
    {
        QuotaTarget never = world.Target(Window, quota: 0);

        BatchJobResult stopped = world.Run(world.Job(20) with { WaitForQuota = TimeSpan.FromMinutes(20) }, never);

        // At the beginning, and after each of nine waits of two minutes and five seconds; the tenth does not fit.
        Assert.Equal(BatchJobEnd.StoppedEarly, stopped.End);
        Assert.Contains("(--wait-for-quota 20m)", stopped.Reason, StringComparison.Ordinal);
        Assert.Equal(Windows(0, 9), never.Refusing);
        Assert.InRange(world.Time.Elapsed, 9 * Window, (9 * Window) + JobWorld.Moment);
        Assert.InRange(never.Calls.Count, 10, JobWorld.MaxInflight * 10);
        AssertNobodyWasAskedTooEarlyOrCutShort(never);
        Assert.Empty(world.Ids("in.results.jsonl")!);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void While_another_target_takes_requests_nothing_waits(bool waits) => ForEachSeed(world =>
    {
        QuotaTarget shut = world.Target(Window, quota: 5);
        QuotaTarget open = world.Target(Window, quota: 1_000);

        BatchJobResult result = world.Run(world.Job(200) with { WaitForQuota = waits ? JobWorld.Day : null }, shut, open);

        Assert.Equal((BatchJobEnd.Completed, 200L), (result.End, result.Counts.Answered));
        Assert.Equal(Windows(0, 0), shut.Answering);
        Assert.Equal(Windows(0, 0), open.Answering);
        Assert.Empty(open.Refusing);
        world.AssertOnce(200);
    });

    [Fact]
    public void A_request_whose_last_target_takes_none_waits_alone_while_the_others_go_on() => ForEachSeed(world =>
    {
        // Three requests fail at the first target, whenever it is asked, and go to the second one, which is shut for a while.
        QuotaTarget open = world.Target();
        open.Fails = static text => text is "r7" or "r8" or "r30";
        QuotaTarget shut = world.Target(Window, quota: 1_000, firstWindow: Window);
        long parked = 0;

        BatchJobResult result = world.Run(
            world.Job(200),
            async (job, _, running) =>
            {
                await Task.Delay(2 * JobWorld.Moment, world.Time);
                parked = job.Counts.Parked;
                Assert.Equal((197L, 200L, null), (job.Counts.Answered, job.Counts.LinesRead, job.Counts.WaitsUntil));
                BatchJobResult ended = await running;
                Assert.Equal((0L, null), (job.Counts.Parked, job.Counts.WaitsUntil));
                return ended;
            },
            CancellationToken.None,
            CancellationToken.None,
            open,
            shut);

        // The first that was refused is parked, and what was on its way there as well, or held in the pipeline: a leg is not over while the other target takes requests.
        Assert.InRange(parked, 1, 3);
        Assert.Equal((BatchJobEnd.Completed, 200L, 0L), (result.End, result.Counts.Answered, result.Counts.Failed));
        Assert.Equal(Windows(0, 0), shut.Answering);
        Assert.Equal(200 + parked, open.Calls.Count);
        AssertNobodyWasAskedTooEarlyOrCutShort(shut);
        world.AssertOnce(200);
    });

    [Fact]
    public void The_first_of_two_targets_that_is_back_is_the_one_that_is_waited_for() => ForEachSeed(world =>
    {
        QuotaTarget slow = world.Target(6 * Window, quota: 10);
        QuotaTarget fast = world.Target(Window, quota: 10);

        BatchJobResult result = world.Run(world.Job(60), slow, fast);

        Assert.Equal((BatchJobEnd.Completed, 60L), (result.End, result.Counts.Answered));
        Assert.Equal(Windows(0, 0), slow.Answering);
        Assert.Equal(Windows(0, 4), fast.Answering);
        AssertNobodyWasAskedTooEarlyOrCutShort(fast);
        world.AssertOnce(60);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_the_pipeline_would_hold_for_long_waits_as_well_though_nothing_is_settled(bool waits) => ForEachSeed(world =>
    {
        // What the second one refuses has come to it at once, the first being shut by then, and goes on to the first, which is shut: held, and nobody's last target has said no.
        QuotaTarget first = world.Target(Window, quota: 5);
        QuotaTarget second = world.Target(Window, quota: 200);

        BatchJobResult result = world.Run(world.Job(300) with { WaitForQuota = waits ? JobWorld.Day : null }, first, second);

        Assert.Equal(waits ? (BatchJobEnd.Completed, 300L, 0L) : (BatchJobEnd.StoppedEarly, 205L, 0L), (result.End, result.Counts.Answered, result.Counts.Failed));
        Assert.Equal(Windows(0, waits ? 1 : 0), first.Answering);
        Assert.Equal(Windows(0, waits ? 1 : 0), second.Answering);
        Assert.Equal(waits ? null : "no target takes requests until 2026-01-01 00:02:05 UTC, and a run waits so long only when it is told to (--wait-for-quota).", result.Reason);
        AssertNobodyWasAskedTooEarlyOrCutShort(second);
    });

    [Fact]
    public void An_input_that_changes_meanwhile_is_noticed_before_it_is_read_again() => ForEachSeed(world =>
    {
        QuotaTarget target = world.Target(Window, quota: 20);

        (BatchJobResult result, bool hasChanged) = world.Run(
            world.Job(50),
            async (job, _, running) =>
            {
                await world.UntilItWaitsAsync(job, running);
                world.Put("in.jsonl", Enumerable.Range(1, 50).Reverse().Select(static number => Requests.Line($"r{number}")));
                int calls = target.Calls.Count;
                BatchJobResult ended = await running;
                Assert.Equal(calls, target.Calls.Count);
                return (ended, job.HasInputChanged);
            },
            CancellationToken.None,
            CancellationToken.None,
            target);

        Assert.Equal((BatchJobEnd.StoppedEarly, true), (result.End, hasChanged));
        Assert.Contains("changed while the job ran", result.Reason, StringComparison.Ordinal);
    });

    [Fact]
    public void A_stream_cannot_be_read_again_so_the_run_stops_with_words() => ForEachSeed(world =>
    {
        using MemoryStream input = new(Encoding.UTF8.GetBytes(Requests.Lines(50)));
        QuotaTarget target = world.Target(Window, quota: 20);

        BatchJobResult result = world.Run(world.Job(50) with { InputStream = input }, target);

        Assert.Equal((BatchJobEnd.StoppedEarly, 20L, 0L, 0L), (result.End, result.Counts.Answered, result.Counts.Failed, result.Counts.Parked));
        Assert.Contains("the input is a stream, which cannot be read again", result.Reason, StringComparison.Ordinal);
    });

    [Fact]
    public void Ordered_and_impossible_times_are_refused()
    {
        using JobWorld world = new(seed: 1);
        BatchJobOptions job = world.Job(1);

        Assert.Contains("--ordered", Assert.Throws<ConfigurationException>(() => world.Run(job with { Ordered = true })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Run(job with { WaitForQuota = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Run(job with { WaitForQuota = TimeSpan.FromDays(31) }));
    }

    private static void ForEachSeed(Action<JobWorld> test) => JobWorld.ForEach(Seeds, test);

    private static void AssertNobodyWasAskedTooEarlyOrCutShort(QuotaTarget target)
    {
        Assert.Empty(target.TooEarly);
        Assert.Equal((0, 0), (target.InFlight, target.CutShort));
    }

    private static IEnumerable<long> Windows(int first, int last) => Enumerable.Range(first, last - first + 1).Select(static number => (long)number);

    private static BatchJobOptions Renamed(BatchJobOptions job, JobWorld world, string input) =>
        job with { InputPath = world.PathOf(input), ResultsPath = world.PathOf("in.results.jsonl"), ErrorsPath = world.PathOf("in.errors.jsonl") };

    private static BatchJobOptions Priced(BatchJobOptions job, decimal budget) =>
        job with { BudgetUsd = budget, Prices = new Dictionary<string, TokenPrices>(StringComparer.Ordinal) { ["only"] = new(1_000, 1_000) } };

    private static byte[] Zip(IEnumerable<string> lines)
    {
        using MemoryStream zipped = new();
        using (GZipStream zip = new(zipped, CompressionLevel.Fastest))
        {
            zip.Write(Encoding.UTF8.GetBytes(string.Concat(lines.Select(static line => line + "\n"))));
        }

        return zipped.ToArray();
    }
}
