using System.IO.Compression;
using System.Text.Json;

namespace AiLib.Dataflow.EndToEnd.Tests;

public sealed class InputFormTests
{
    [Fact]
    public async Task Standard_input_is_kept_beside_the_results_and_the_job_goes_on_without_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no SIGINT for another process.");
        using Workspace workspace = Workspace.With(3_000);
        string requests = await File.ReadAllTextAsync(workspace.Input);
        await using HeldProvider provider = await HeldProvider.StartAsync();
        string[] run = ["run", "-", "-o", "out.jsonl", "--base-url", provider.Address, "--max-inflight", "100"];

        using (Ailib tool = await Ailib.StartFedAsync(workspace.Path, requests, run))
        {
            await provider.AnswerAsync(tool, served: 500, inFlight: 100);
            tool.Interrupt();
            await tool.UntilItSaysAsync("Stopping: ");
            Assert.Equal(130, (await provider.AnswerAsync(tool.EndAsync())).ExitCode);
        }

        int written = File.ReadAllLines(workspace["out.jsonl"]).Length;
        Ended without = await provider.AnswerAsync(Ailib.RunFedAsync(workspace.Path, "", run));
        Ended again = await provider.AnswerAsync(Ailib.RunFedAsync(workspace.Path, requests, [.. run, "--json"]));

        Assert.InRange(written, 500, 2_999);
        Assert.Equal((0, 0), (without.ExitCode, again.ExitCode));
        Assert.Contains("\"already_done\":3000", again.Output, StringComparison.Ordinal);
        Assert.Equal(Workspace.Names(3_000), Workspace.Ids(workspace["out.jsonl"]));
        Assert.Equal(requests, await File.ReadAllTextAsync(workspace["out.input"]));
        Assert.False(File.Exists(workspace["out.input.1"]));
    }

    [Fact]
    public async Task Requests_flow_from_standard_input_to_standard_output()
    {
        using Workspace workspace = Workspace.With(20);

        Ended ended = await Ailib.RunFedAsync(workspace.Path, await File.ReadAllTextAsync(workspace.Input), "run", "-", "-o", "-", "--target", "simulator");

        Assert.Equal(0, ended.ExitCode);
        Assert.Equal(20, ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Single(Directory.GetFiles(workspace.Path));
    }

    [Fact]
    public async Task Standard_input_needs_a_name_for_the_results()
    {
        using Workspace workspace = Workspace.With(1);

        Ended ended = await Ailib.RunFedAsync(workspace.Path, "{}", "run", "-", "--target", "simulator");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("--output FILE", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compressed_file_is_the_same_job_as_the_file_itself()
    {
        using Workspace workspace = Workspace.With(50);
        string compressed = workspace["in.jsonl.gz"];
        await using (FileStream file = File.Create(compressed))
        {
            await using GZipStream gzip = new(file, CompressionLevel.Optimal);
            await gzip.WriteAsync(await File.ReadAllBytesAsync(workspace.Input));
        }

        Ended ended = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl.gz", "--target", "simulator");

        Assert.Equal(0, ended.ExitCode);
        Assert.Equal(Workspace.Names(50), Workspace.Ids(workspace.Results));
    }

    [Fact]
    public async Task Bodies_alone_are_validated_and_answered_under_their_lines_numbers()
    {
        using Workspace workspace = new();
        await File.WriteAllTextAsync(workspace.Input, """
            {"model":"m","messages":[{"role":"user","content":"one"}]}

            {"input":"which operation?"}
            {"model":"m","messages":[{"role":"user","content":"two"}]}
            """);

        Ended validated = await Ailib.RunAsync(workspace.Path, "validate", "in.jsonl");
        Ended ended = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator");

        Assert.Equal((2, 1), (validated.ExitCode, ended.ExitCode));
        Assert.StartsWith("in.jsonl:3:1: url_mismatch: ", validated.Output, StringComparison.Ordinal);
        Assert.Equal(["line-1", "line-4"], Workspace.Ids(workspace.Results));
        Assert.Single(File.ReadAllLines(workspace.Errors));
    }

    [Fact]
    public async Task Each_row_of_a_table_is_asked_the_prompt_and_validate_says_which_cannot()
    {
        using Workspace workspace = new();
        await File.WriteAllTextAsync(workspace["rows.csv"], "key,text\nk1,one\nk2\nk3,\"three, \"\"really\"\"\"\n");
        string[] prompt = ["--prompt", "Say {text}", "--id-column", "key"];

        Ended validated = await Ailib.RunAsync(workspace.Path, ["validate", "rows.csv", .. prompt]);
        Ended ended = await Ailib.RunAsync(workspace.Path, ["run", "rows.csv", "--target", "simulator/m", .. prompt]);

        Assert.Equal((2, 1), (validated.ExitCode, ended.ExitCode));
        Assert.StartsWith("rows.csv:3:1: invalid_row: ", validated.Output, StringComparison.Ordinal);
        Assert.Equal(["k1", "k3"], Workspace.Ids(workspace["rows.csv.results.jsonl"]));
    }

    [Theory]
    [InlineData("run rows.csv --target simulator", "--prompt")]
    [InlineData("validate rows.csv", "--prompt")]
    [InlineData("run rows.csv --target simulator --prompt {nope}", "'key', 'text'")]
    [InlineData("run rows.csv --target vllm --prompt {text}", "vllm/MODEL")]
    [InlineData("run rows.csv --target simulator --prompt {text} --url /v2/x", "/v1/embeddings")]
    [InlineData("run in.jsonl --target simulator --prompt {text}", "--input-format")]
    public async Task What_cannot_be_meant_ends_with_exit_code_2_and_no_file(string commandLine, string words)
    {
        using Workspace workspace = Workspace.With(1);
        await File.WriteAllTextAsync(workspace["rows.csv"], "key,text\nk1,one\n");

        Ended ended = await Ailib.RunAsync(workspace.Path, commandLine.Split(' '));

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(words, ended.Error, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(workspace.Path).Length);
    }

    [Fact]
    public async Task A_sample_in_a_random_order_goes_on_to_the_whole_file()
    {
        using Workspace workspace = Workspace.With(60);

        Ended sample = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator", "--sample", "10", "--shuffle-seed", "4");
        int sampled = File.ReadAllLines(workspace.Results).Length;
        Ended share = await Ailib.RunAsync(workspace.Path, "validate", "in.jsonl", "--sample", "0.5");
        Ended all = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator");

        Assert.Equal((0, 0, 0), (sample.ExitCode, share.ExitCode, all.ExitCode));
        Assert.Equal(10, sampled);
        Assert.DoesNotContain("60 requests", share.Error, StringComparison.Ordinal);
        Assert.Equal(Workspace.Names(60), Workspace.Ids(workspace.Results));
    }

    [Fact]
    public async Task Equal_requests_are_sent_once()
    {
        using Workspace workspace = new();
        await File.WriteAllTextAsync(workspace["rows.csv"], "text\n" + string.Concat(Enumerable.Range(0, 100).Select(number => $"same {number % 5}\n")));

        Ended ended = await Ailib.RunAsync(workspace.Path, "run", "rows.csv", "--prompt", "{text}", "--target", "simulator/m", "--dedupe", "--json");

        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("\"answered\":100", ended.Output, StringComparison.Ordinal);
        Assert.Contains("\"attempts\":5,", ended.Output, StringComparison.Ordinal);
        Assert.Equal(100, Workspace.Ids(workspace["rows.csv.results.jsonl"]).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("--sample 0", "share between 0 and 1")]
    [InlineData("--sample 1.5", "share between 0 and 1")]
    [InlineData("--limit 0", "from 1")]
    [InlineData("--dedupe --ordered", "--dedupe")]
    public async Task A_part_that_cannot_be_meant_is_refused(string options, string words)
    {
        using Workspace workspace = Workspace.With(1);

        Ended ended = await Ailib.RunAsync(workspace.Path, ["run", "in.jsonl", "--target", "simulator", .. options.Split(' ')]);

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(words, ended.Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(workspace.Path));
    }

    [Fact]
    public async Task A_parquet_output_is_made_at_the_end_and_left_alone_afterwards()
    {
        using Workspace workspace = Workspace.With(30);
        string[] run = ["run", "in.jsonl", "-o", "out.parquet", "--target", "simulator"];

        Ended part = await Ailib.RunAsync(workspace.Path, [.. run, "--limit", "10"]);
        Ended all = await Ailib.RunAsync(workspace.Path, run);
        byte[] bytes = await File.ReadAllBytesAsync(workspace["out.parquet"]);
        Ended again = await Ailib.RunAsync(workspace.Path, run);

        Assert.Equal((0, 0, 0), (part.ExitCode, all.ExitCode, again.ExitCode));
        Assert.Contains("out.parquet (10 rows)", part.Error, StringComparison.Ordinal);
        Assert.Contains("out.parquet (30 rows)", all.Error, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(workspace["out.parquet"]));
        Assert.Equal(Workspace.Names(30), Workspace.Ids(workspace["out.jsonl"]));
        Assert.Equal(
            ["in.jsonl", "out.jsonl", "out.jsonl.job", "out.jsonl.runs", "out.parquet"], Directory.GetFiles(workspace.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Fact]
    public async Task Another_prompt_does_not_go_on_with_the_answers_to_the_first()
    {
        using Workspace workspace = new();
        await File.WriteAllTextAsync(workspace["rows.csv"], "text\none\n");

        Ended first = await Ailib.RunAsync(workspace.Path, "run", "rows.csv", "--target", "simulator/m", "--prompt", "Say {text}");
        Ended other = await Ailib.RunAsync(workspace.Path, "run", "rows.csv", "--target", "simulator/m", "--prompt", "Sing {text}");

        Assert.Equal((0, 2), (first.ExitCode, other.ExitCode));
        Assert.Contains("--prompt was 'Say {text}' and is now 'Sing {text}'", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_parquet_output_that_is_somebody_elses_is_refused_before_anything_is_sent()
    {
        using Workspace workspace = Workspace.With(1);
        await File.WriteAllTextAsync(workspace["out.parquet"], "not ours");

        Ended ended = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "-o", "out.parquet", "--target", "simulator");

        Assert.Equal(2, ended.ExitCode);
        Assert.Equal("not ours", await File.ReadAllTextAsync(workspace["out.parquet"]));
        Assert.Equal(2, Directory.GetFiles(workspace.Path).Length);
    }

    [Theory]
    [InlineData("in.jsonl", "r", 3_000)]
    [InlineData("in.jsonl.gz", "r", 3_000)]
    [InlineData("rows.csv --prompt {text}", "row-", 3_000)]
    [InlineData("rows.csv --prompt {text} --dedupe", "row-", 1_500)]
    [InlineData("in.jsonl --shuffle-seed 9 --sample 2000", "r", 2_000)]
    public async Task Killed_half_way_and_run_again_there_is_one_line_for_each(string arguments, string prefix, int sent)
    {
        using Workspace workspace = Workspace.With(3_000);
        await File.WriteAllTextAsync(workspace["rows.csv"], "text\n" + string.Concat(Enumerable.Range(0, 3_000).Select(number => $"\"value, {number % 1_500}\"\n")));
        await using (FileStream file = File.Create(workspace["in.jsonl.gz"]))
        {
            await using GZipStream gzip = new(file, CompressionLevel.Optimal);
            await gzip.WriteAsync(await File.ReadAllBytesAsync(workspace.Input));
        }

        string[] run = ["run", .. arguments.Split(' '), "-o", "out.parquet", "--target", "simulator/m", "--max-inflight", "20"];
        using (Ailib tool = Ailib.Start(workspace.Path, [.. run, "--latency", "100ms"]))
        {
            // A twelfth of what takes eight seconds at least.
            await tool.UntilLongerAsync(workspace["out.jsonl"], 60_000);
            await tool.KillAsync();
        }

        int written = File.ReadAllLines(workspace["out.jsonl"]).Length;
        Ended finished = await Ailib.RunAsync(workspace.Path, [.. run, "--json"]);
        byte[] bytes = await File.ReadAllBytesAsync(workspace["out.jsonl"]);
        Ended again = await Ailib.RunAsync(workspace.Path, [.. run, "--json"]);

        string[] ids = Workspace.Ids(workspace["out.jsonl"]);
        Assert.Equal((0, 0), (finished.ExitCode, again.ExitCode));
        Assert.InRange(written, 1, sent - 1);
        Assert.Equal(sent == 2_000 ? 2_000 : 3_000, ids.Length);
        Assert.Equal(ids.Length, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.All(ids, id => Assert.StartsWith(prefix, id, StringComparison.Ordinal));
        Assert.InRange(JsonDocument.Parse(finished.Output).RootElement.GetProperty("attempts").GetInt32(), 1, sent - written + 1);
        Assert.Contains("\"attempts\":0,", again.Output, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(workspace["out.jsonl"]));
        Assert.True(File.Exists(workspace["out.parquet"]));
    }

    [Fact]
    public async Task Validate_finds_a_compressed_file_that_was_cut_off()
    {
        using Workspace workspace = Workspace.With(500);
        using MemoryStream compressed = new();
        await using (GZipStream gzip = new(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            await gzip.WriteAsync(await File.ReadAllBytesAsync(workspace.Input));
        }

        await File.WriteAllBytesAsync(workspace["in.jsonl.gz"], compressed.ToArray()[..^20]);

        Ended ended = await Ailib.RunAsync(workspace.Path, "validate", "in.jsonl.gz");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("cut off", ended.Error, StringComparison.Ordinal);
    }
}
