using System.Globalization;
using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Tests;

/// <summary>What is promised survives the power: over images of a disk that keeps, zeroes and forgets what nobody forced it to keep.</summary>
public sealed class PowerCutTests
{
    private const int ImagesOfLayerA = 100_000;

    [Fact]
    public void After_power_cuts_at_random_what_was_promised_is_there_and_each_request_has_one_line()
    {
        int images = int.TryParse(Environment.GetEnvironmentVariable("AILIB_DISK_IMAGES"), CultureInfo.InvariantCulture, out int asked) ? asked : ImagesOfLayerA;
        int seed = int.TryParse(Environment.GetEnvironmentVariable("AILIB_DISK_SEED"), CultureInfo.InvariantCulture, out int one) ? one : 0;
        int seen = 0, lost = 0;
        for (int number = seed; seed == 0 ? seen < images : number == seed; number++)
        {
            try
            {
                (int cuts, int lines) = Live(number);
                seen += cuts;
                lost += lines;
            }
            catch (Exception failure)
            {
                Assert.Fail($"AILIB_DISK_SEED={number} shows it: {failure}");
            }
        }

        // It bites only if lines were on their way when the power went.
        Assert.True(lost > seen / 2, $"Only {lost} lines were in danger at {seen} power cuts.");
    }

    [Fact]
    public void After_a_power_cut_at_every_operation_of_every_small_history_cut_at_every_byte_all_is_well()
    {
        int images = 0;
        foreach (int[] groups in Histories())
        {
            for (int crash = 1; ; crash++)
            {
                using DiskHistory history = Small(groups, crash);
                if (history.Disk.CrashAt == 0)
                {
                    break;
                }

                SimulatedDisk cut = history.Disk;
                string[] promised = history.Promised;
                for (int bytes = 0; bytes <= Math.Max(cut.MostUnforced, 0); bytes++)
                {
                    foreach (bool zeroed in (ReadOnlySpan<bool>)[false, true])
                    {
                        (history.Disk, history.Promised) = (cut.AfterCut(bytes, zeroed), promised);
                        Assert.Null(history.Run(static () => 3, static _ => 0, static number => number % 3 == 2 ? 400 : 200));
                        history.AssertComplete();
                        images++;
                    }
                }
            }
        }

        Assert.InRange(images, 30_000, 1_000_000);
    }

    [Fact]
    public void What_a_killed_retry_left_beside_the_errors_does_not_come_back_with_the_next_power_cut()
    {
        using DiskHistory whole = new(2);
        Assert.Null(whole.Run(static () => 9, static _ => 0, static _ => 500));
        bool passed = false;
        for (int crash = 1; !passed; crash++)
        {
            for (int seed = 1; seed <= 10; seed++)
            {
                // It failed, and the power went before the job file said that the run has ended: nothing of the next run forces the directory.
                using DiskHistory history = new(2) { Disk = { CrashAt = whole.Disk.Operations - 1 } };
                Assert.NotNull(history.Run(static () => 9, static _ => 0, static _ => 500));
                history.Disk = history.Disk.AfterPowerCut(new Random(seed));

                // Then it went while a retry wrote down which errors stay; this time none does, so that nothing is written there.
                history.Disk.Put(DiskHistory.Errors + ".keeping", history.Disk.Read(DiskHistory.Errors)!);
                history.Disk.CrashAt = history.Disk.Operations + crash;
                passed = history.Run(static () => 9, static _ => 0, static _ => 200, ["500"]) is null;
                history.Disk = history.Disk.AfterPowerCut(new Random(seed));
                Assert.Null(history.Run(static () => 9, static _ => 0, static _ => 200));

                history.AssertComplete();
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_any_one_operation_fails_the_run_says_so_and_the_next_one_completes_it(bool halfWay)
    {
        bool passed = false;
        int stopped = 0;
        for (int failing = 1; !passed; failing++)
        {
            using TemporaryDirectory directory = new();
            BatchJobOptions job = new() { InputPath = "/in.jsonl" };
            SimulatedDisk disk = new() { FailAt = failing, FailsHalfWay = halfWay };
            disk.Put(job.InputPath, System.Text.Encoding.UTF8.GetBytes(Requests.Lines(6) + "nonsense\n"));
            JobRun run = new() { Answer = static id => id == "r3" ? JobRun.Http(Providers.ProviderErrorCode.InvalidRequest, 400) : JobRun.Ok(id) };
            long answered = 0;
            try
            {
                BatchJobResult result = await run.RunAsync(job, disk);
                answered = result.Counts.Answered;
                passed = disk.Operations < failing;

                // The last of all is the job file, which nobody was promised.
                Assert.True(passed || result.End == BatchJobEnd.StoppedEarly || answered == 5, $"Operation {failing} failed and nobody said so.");
                if (result.End == BatchJobEnd.StoppedEarly)
                {
                    Assert.Contains("Input/output error", result.Reason, StringComparison.Ordinal);
                }

                stopped += result.End == BatchJobEnd.StoppedEarly ? 1 : 0;
            }
            catch (ConfigurationException refused)
            {
                Assert.Contains("Input/output error", refused.Message, StringComparison.Ordinal);
            }

            SimulatedDisk next = disk.AfterPowerCut(new Random(failing));
            string?[] kept = Ids(next, "/in.results.jsonl", whole: false);
            Assert.True(answered <= kept.Length, $"{answered} were counted as answered and {kept.Length} are on the disk.");
            BatchJobResult finished = await run.RunAsync(job, next);

            Assert.Equal(BatchJobEnd.Completed, finished.End);
            Same.Names(["r1", "r2", "r4", "r5", "r6"], Ids(next, "/in.results.jsonl").Order(StringComparer.Ordinal));
            Same.Names([null, "r3"], Ids(next, "/in.errors.jsonl").Order(StringComparer.Ordinal));
        }

        Assert.InRange(stopped, 4, 100);
    }

    /// <summary>One job over one to four power cuts.</summary>
    private static (int Cuts, int Lines) Live(int seed)
    {
        Random random = new(seed);
        using DiskHistory history = new(random.Next(1, 25));
        int longest = random.Next(2) == 0 ? 40 : 600;
        int cuts = 0, lines = 0;
        for (int left = random.Next(1, 5); ; left--)
        {
            history.Disk.PageBytes = random.Next(3) switch { 0 => 64, 1 => 512, _ => 4096 };
            history.Disk.CrashAt = left > 0 ? random.Next(1, 30) : 0;
            string[]? retry = random.Next(6) switch { 0 => [], 1 => ["4xx"], 2 => ["500"], _ => null };
            if (history.Run(() => random.Next(1, 6), _ => random.Next(longest), _ => random.Next(4) switch { 0 => 400, 1 => 500, _ => 200 }, retry) is { } unpromised)
            {
                lines += unpromised;
            }
            else if (left <= 0)
            {
                history.AssertComplete();
                return (cuts, lines);
            }

            cuts++;
            history.Disk = history.Disk.AfterPowerCut(random);
        }
    }

    private static DiskHistory Small(int[] groups, int crash)
    {
        DiskHistory history = new(groups.Sum()) { Disk = { CrashAt = crash } };
        int group = 0;
        if (history.Run(() => group < groups.Length ? groups[group++] : int.MaxValue, static _ => 0, static number => number % 3 == 2 ? 400 : 200) is null)
        {
            history.Disk.CrashAt = 0;
        }

        return history;
    }

    private static IEnumerable<int[]> Histories()
    {
        foreach (int first in Enumerable.Range(1, 3))
        {
            yield return [first];
            foreach (int second in Enumerable.Range(1, 3))
            {
                yield return [first, second];
                foreach (int third in Enumerable.Range(1, 3))
                {
                    yield return [first, second, third];
                }
            }
        }
    }

    private static string?[] Ids(SimulatedDisk disk, string path, bool whole = true)
    {
        string text = System.Text.Encoding.UTF8.GetString(disk.Read(path) ?? []);
        return [.. (whole ? text : text[..(text.LastIndexOf('\n') + 1)]).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .TakeWhile(line => whole || RecoveredLine.TryRead(System.Text.Encoding.UTF8.GetBytes(line), out _))
            .Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("custom_id").GetString())];
    }
}
