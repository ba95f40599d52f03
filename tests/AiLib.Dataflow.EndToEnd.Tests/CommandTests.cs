namespace AiLib.Dataflow.EndToEnd.Tests;

public sealed class CommandTests
{
    [Fact]
    public async Task Validate_names_line_column_and_cure_and_makes_no_file()
    {
        using Workspace workspace = Workspace.With(2);
        await File.AppendAllTextAsync(workspace.Input, """{"custom_id":"x","method":"POST","url":"https://evil.example/v1/chat/completions","body":{}}""" + "\n{\n");

        Ended ended = await Ailib.RunAsync(workspace.Path, "validate", "in.jsonl");

        Assert.Equal(2, ended.ExitCode);
        Assert.StartsWith("in.jsonl:3:40: url_mismatch: ", ended.Output, StringComparison.Ordinal);
        Assert.Contains("\nin.jsonl:4:2: invalid_json_line: ", ended.Output, StringComparison.Ordinal);
        Assert.Contains("2 requests, 2 lines that are none.", ended.Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(workspace.Path));
    }

    [Fact]
    public async Task Validate_is_content_with_a_good_file()
    {
        using Workspace workspace = Workspace.With(3);

        Ended ended = await Ailib.RunAsync(workspace.Path, "validate", "in.jsonl");

        Assert.Equal((0, ""), (ended.ExitCode, ended.Output));
    }

    [Fact]
    public async Task A_dry_run_sends_nothing_and_makes_no_file()
    {
        using Workspace workspace = Workspace.With(3);

        Ended ended = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "vllm/llama", "--dry-run");

        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("Would send 3 requests", ended.Output, StringComparison.Ordinal);
        Assert.Contains("vllm/llama at http://127.0.0.1:8000/v1, model llama, key none", ended.Output, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(workspace.Path));
    }

    [Fact]
    public async Task With_a_price_the_cost_is_said_before_and_after()
    {
        using Workspace workspace = Workspace.With(3);

        Ended planned = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator", "--price", "1000/2000", "--dry-run");
        Ended first = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator", "--price", "1000/2000", "--max-calls", "2", "--json");
        Ended second = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator", "--price", "1000/2000");

        // 16 tokens at 0.2 cents for each answer, and the questions.
        Assert.Matches("at most about \\$0\\.1[0-9]+", planned.Output);
        Assert.Matches("\"cost_usd\":0\\.[0-9]+,\"cost_usd_all_runs\":0\\.[0-9]+,\"cost_usd_estimated\":0,\"attempts_of_unknown_cost\":0", first.Output);
        Assert.Matches("Spent:   \\$0\\.[0-9]+, \\$0\\.[0-9]+ over all runs", second.Error);
        Assert.All(File.ReadAllLines(workspace.Results), line => Assert.Contains(",\"cost_usd\":0.0", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Simulate_prints_its_address_serves_a_run_and_ends_with_Ctrl_C()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no SIGINT for another process.");
        using Workspace workspace = Workspace.With(30);
        using Ailib simulator = Ailib.Start(workspace.Path, "simulate", "--faults", "429=0.1,500=0.05", "--seed", "5");
        await simulator.UntilItSpeaksAsync();
        string address = simulator.Error.Split(' ').First(word => word.StartsWith("http://127.0.0.1:", StringComparison.Ordinal)).TrimEnd(';');

        Ended run = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--base-url", address, "--tpm", "1000000", "--rps", "500");
        simulator.Interrupt();
        Ended ended = await simulator.EndAsync();

        Assert.Equal((0, 0), (run.ExitCode, ended.ExitCode));
        Assert.Equal(address, ended.Output.Trim());
        Assert.Contains("30 answered", ended.Error, StringComparison.Ordinal);
        Assert.Equal(Workspace.Names(30), Workspace.Ids(workspace.Results));
    }

    [Theory]
    [InlineData("2.0 days, because of --rpd", "--rpd", "10")]
    [InlineData("29 min, because of --rpm", "--rpm", "1", "--rpd", "30")]
    [InlineData("20 min, because of --rpm", "--rpm", "1", "--burst", "10")]
    [InlineData("because of --tpm; less if answers are shorter", "--tpm", "6000", "--token-burst", "100")]
    [InlineData("because of --otpm; less if answers are shorter", "--otpm", "1", "--itpm", "1000000000", "--tpd", "1000000000")]
    public async Task A_dry_run_says_how_long_its_limits_make_it_take_at_least(string expected, params string[] limits)
    {
        using Workspace workspace = Workspace.With(30);

        Ended ended = await Ailib.RunAsync(workspace.Path, ["run", "in.jsonl", "--target", "simulator", "--dry-run", .. limits]);

        Assert.Equal(0, ended.ExitCode);
        Assert.Contains(expected, ended.Output + ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_in_parts_and_of_a_day_are_kept_by_a_run_and_told_by_a_simulator()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no SIGINT for another process.");
        using Workspace workspace = Workspace.With(30);
        using Ailib simulator = Ailib.Start(workspace.Path, "simulate", "--rpd", "30", "--tpd", "1000000", "--itpm", "1000000", "--otpm", "1000000");
        await simulator.UntilItSpeaksAsync();
        string address = simulator.Error.Split(' ').First(word => word.StartsWith("http://127.0.0.1:", StringComparison.Ordinal)).TrimEnd(';');

        Ended run = await Ailib.RunAsync(
            workspace.Path, "run", "in.jsonl", "--base-url", address, "--rpd", "30", "--tpd", "1000000", "--itpm", "1000000", "--otpm", "1000000");
        simulator.Interrupt();
        Ended ended = await simulator.EndAsync();

        Assert.Equal((0, 0), (run.ExitCode, ended.ExitCode));
        Assert.Contains("30 requests: 30 answered, 0 rate limited", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_with_a_model_sets_the_model_of_each_request()
    {
        using Workspace workspace = Workspace.With(2);

        await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator/another-model");

        Assert.All(File.ReadAllLines(workspace.Results), line => Assert.Contains("\"model\":\"another-model\"", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("run --help")]
    [InlineData("validate -h")]
    [InlineData("simulate -?")]
    [InlineData("--version")]
    public async Task Help_is_on_standard_output_and_succeeds(string commandLine)
    {
        Ended ended = await Ailib.RunAsync(Path.GetTempPath(), commandLine.Split(' '));

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.NotEmpty(ended.Output);
    }
}
