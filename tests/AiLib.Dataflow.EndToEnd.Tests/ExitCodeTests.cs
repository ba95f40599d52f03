using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.EndToEnd.Tests;

public sealed class ExitCodeTests
{
    [Fact]
    public async Task It_is_0_when_every_request_succeeded_and_the_results_are_all_there_is_on_standard_output()
    {
        using Workspace workspace = Workspace.With(20);

        Ended ended = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator", "-o", "-", "--ordered");

        Assert.Equal(0, ended.ExitCode);
        Assert.Equal(20, ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("20 answered, 0 failed", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', ended.Error);
        Assert.Single(Directory.GetFiles(workspace.Path));
    }

    [Fact]
    public async Task It_is_1_when_some_failed_and_the_same_again_makes_no_call()
    {
        using Workspace workspace = Workspace.With(5);
        await File.AppendAllTextAsync(workspace.Input, "nonsense\n");

        Ended first = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator", "--json");
        Ended second = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator", "--json");

        Assert.Equal((1, 1), (first.ExitCode, second.ExitCode));
        Assert.Contains("\"answered\":5,\"failed\":0,\"bad_lines\":1", first.Output, StringComparison.Ordinal);
        Assert.Contains("\"already_done\":6,\"already_failed\":1,\"parked\":0,\"attempts\":0", second.Output, StringComparison.Ordinal);
        Assert.Single(File.ReadAllLines(workspace.Errors));
    }

    [Fact]
    public async Task It_is_0_even_when_nobody_can_take_the_messages()
    {
        using Workspace workspace = Workspace.With(20);

        Ended ended = await Ailib.RunInShellAsync(workspace.Path, "ailib run in.jsonl --target simulator 2> /dev/full");

        Assert.Equal(0, ended.ExitCode);
        Assert.Equal(20, File.ReadAllLines(workspace.Results).Length);
    }

    [Fact]
    public async Task It_is_3_when_the_budget_is_used_up_and_a_larger_one_goes_on()
    {
        using Workspace workspace = Workspace.With(30);
        string[] run = ["run", "in.jsonl", "--target", "simulator", "--price", "1000/1000", "--json", "--budget"];

        Ended first = await Ailib.RunAsync(workspace.Path, [.. run, "0.3"]);
        int answered = Workspace.Ids(workspace.Results).Length;
        Ended second = await Ailib.RunAsync(workspace.Path, [.. run, "0.3"]);
        Ended third = await Ailib.RunAsync(workspace.Path, [.. run, "30"]);

        Assert.Equal((3, 3, 0), (first.ExitCode, second.ExitCode, third.ExitCode));
        Assert.Contains("of the budget of $0.3 (--budget, over all runs) $", first.Error, StringComparison.Ordinal);
        Assert.InRange(answered, 5, 20);
        Assert.Contains("\"attempts\":0", second.Output, StringComparison.Ordinal);
        Assert.Equal(Workspace.Names(30), Workspace.Ids(workspace.Results));
    }

    [Fact]
    public async Task It_is_3_when_the_time_is_over_and_the_same_again_goes_on()
    {
        using Workspace workspace = Workspace.With(300);
        string[] run = ["run", "in.jsonl", "--target", "simulator", "--max-inflight", "10", "--deadline"];

        Ended first = await Ailib.RunAsync(workspace.Path, [.. run, "1500ms", "--latency", "200ms"]);
        int answered = Workspace.Ids(workspace.Results).Length;
        Ended second = await Ailib.RunAsync(workspace.Path, [.. run, "1h"]);

        Assert.Equal((3, 0), (first.ExitCode, second.ExitCode));
        Assert.Contains("Stopped early: its time of 1.5 s is over (--deadline).", first.Error, StringComparison.Ordinal);
        Assert.Contains("The same command continues.", first.Error, StringComparison.Ordinal);

        // All of them take six seconds. None, where the machine stands still for so long as the run may take.
        Assert.InRange(answered, 0, 299);
        Assert.False(File.Exists(workspace.Errors));
        Assert.Equal(Workspace.Names(300), Workspace.Ids(workspace.Results));
    }

    public static TheoryData<string, string> WrongCommandLines => new()
    {
        { "", "Required command" },
        { "fly", "fly" },
        { "run", "INPUT" },
        { "run in.jsonl", "no target" },
        { "run in.jsonl --repeat x --target simulator", "--repeat" },
        { "run missing.jsonl --target simulator", "missing.jsonl" },
        { "run . --target simulator", "is a directory" },
        { "run in.jsonl --target simulator -o .", "is a directory" },
        { "run in.jsonl --target simulator -o in.jsonl", "same file" },
        { "run in.jsonl --target simulator -o /dev/null", "is a device" },
        { "run in.jsonl --target simulator -o nowhere/out.jsonl", "is not there" },
        { "run in.jsonl --target nobody/model", "'nobody'" },
        { "run in.jsonl --target openai/", "no model" },
        { "run in.jsonl --target simulator --target simulator", "given twice" },
        { "run in.jsonl --target compatible", "--base-url" },
        { "run in.jsonl --base-url ftp://x/", "http or https" },
        { "run in.jsonl --base-url http://example.com/v1", "--allow-insecure-http" },
        { "run in.jsonl --target openai --faults 429=0.1", "OPENAI_API_KEY" },
        { "run in.jsonl --target vllm --faults 429=0.1", "--faults" },
        { "run in.jsonl --target simulator --faults 429=2", "429=2" },
        { "run in.jsonl --target simulator --max-inflight automatic", "'auto' or a number" },
        { "run in.jsonl --target simulator --max-inflight 0", "from 1 to" },
        { "run in.jsonl --target simulator --rps 0", "--rps is '0'" },
        { "run in.jsonl --target simulator --attempt-timeout 5", "500ms, 30s or 2m" },
        { "run in.jsonl --target simulator --deadline 0s", "--deadline is '0s'" },
        { "run in.jsonl --target simulator --deadline tomorrow", "--deadline is 'tomorrow'" },
        { "run in.jsonl --target simulator -o - --json", "choose one" },
        { "run in.jsonl --target simulator --price 5", "--price is '5'" },
        { "run in.jsonl --target simulator --budget 1", "--price IN/OUT" },
        { "run in.jsonl --target simulator --price 1/2 --budget 0", "--budget is '0'" },
        { "run empty.jsonl --target simulator", "no requests" },
        { "simulate --port 99999", "--port" },
        { "simulate --limit-kind leaky", "token-bucket, fixed-window, per-second, sliding-window" },
        { "validate missing.jsonl", "missing.jsonl" },
    };

    [Theory]
    [MemberData(nameof(WrongCommandLines))]
    public async Task It_is_2_when_the_command_line_or_the_input_is_wrong(string commandLine, string said)
    {
        using Workspace workspace = Workspace.With(1);
        await File.WriteAllTextAsync(workspace["empty.jsonl"], "\n \n");

        Ended ended = await Ailib.RunAsync(workspace.Path, commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(said, ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(workspace.Results));
    }

    [Fact]
    public async Task Missing_keys_are_named_all_at_once_and_no_key_is_shown()
    {
        const string Key = "sk-proj-canary-1234567890";
        using Workspace workspace = Workspace.With(1);

        using Ailib tool = Ailib.Start(
            workspace.Path, [("GROQ_API_KEY", Key + "\n")], "run", "in.jsonl", "--target", "openai/gpt-4o-mini", "--target", "anthropic", "--target", "groq");
        Ended ended = await tool.EndAsync();

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("OPENAI_API_KEY", ended.Error, StringComparison.Ordinal);
        Assert.Contains("ANTHROPIC_API_KEY", ended.Error, StringComparison.Ordinal);
        Assert.Contains("GROQ_API_KEY", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", ended.Error + ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_3_when_the_key_is_wrong_and_the_same_with_the_right_key_continues()
    {
        using Workspace workspace = Workspace.With(50);
        await using SimulatorServer simulator = await SimulatorServer.StartAsync(new SimulatorOptions { ApiKey = "right-key-1234" });
        string[] run = ["run", "in.jsonl", "--base-url", simulator.BaseAddress.ToString(), "--api-key-env", "TRIED"];

        using Ailib wrong = Ailib.Start(workspace.Path, [("TRIED", "wrong-key-1234")], run);
        Ended stopped = await wrong.EndAsync();
        bool wrote = File.Exists(workspace.Errors);
        using Ailib right = Ailib.Start(workspace.Path, [("TRIED", "right-key-1234")], run);
        Ended finished = await right.EndAsync();

        Assert.Equal(3, stopped.ExitCode);
        Assert.Contains("Stopped early: compatible turns every request away", stopped.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-key", stopped.Error, StringComparison.Ordinal);
        Assert.False(wrote);
        Assert.Equal(0, finished.ExitCode);
        Assert.Equal(Workspace.Names(50), Workspace.Ids(workspace.Results));
    }

    [Fact]
    public async Task It_is_3_when_the_output_cannot_be_written()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full here.");
        using Workspace workspace = Workspace.With(50);

        Ended ended = await Ailib.RunInShellAsync(workspace.Path, "ailib run in.jsonl --target simulator -o - > /dev/full");

        Assert.Equal(3, ended.ExitCode);
        Assert.Contains("Stopped early: Writing to 'standard output' failed: No space left on device", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_3_when_the_reader_of_the_output_has_gone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The script is for a Unix shell.");
        using Workspace workspace = Workspace.With(2_000);

        Ended ended = await Ailib.RunInShellAsync(workspace.Path, "{ ailib run in.jsonl --target simulator -o -; echo $? > code; } | head -1");

        Assert.Equal("3\n", await File.ReadAllTextAsync(workspace["code"]));
        Assert.Single(ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("Broken pipe", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standard_output_in_a_file_is_followed_by_what_the_next_program_writes()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The script is for a Unix shell.");
        using Workspace workspace = Workspace.With(3);

        await Ailib.RunInShellAsync(workspace.Path, "{ ailib run in.jsonl --target simulator --json; echo next; } > both");

        Assert.Matches("^\\{.*\\}\nnext\n$", await File.ReadAllTextAsync(workspace["both"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_is_130_when_interrupted_and_the_same_command_continues(bool terminated)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no SIGINT for another process.");
        using Workspace workspace = Workspace.With(300);
        await using HeldProvider provider = await HeldProvider.StartAsync();
        string[] run = ["run", "in.jsonl", "--base-url", provider.Address, "--max-inflight", "10"];

        using Ailib tool = Ailib.Start(workspace.Path, run);
        await provider.AnswerAsync(tool, served: 50, inFlight: 10);
        (terminated ? (Action)tool.Terminate : tool.Interrupt)();
        await tool.UntilItSaysAsync("Stopping: ");
        Ended interrupted = await provider.AnswerAsync(tool.EndAsync());
        int written = Workspace.Ids(workspace.Results).Length;
        long served = provider.Served;
        Ended finished = await provider.AnswerAsync(Ailib.RunAsync(workspace.Path, run));

        // What was in flight is among them.
        Assert.Equal(130, interrupted.ExitCode);
        Assert.Contains("The same command continues.", interrupted.Error, StringComparison.Ordinal);
        Assert.Equal(served, written);
        Assert.InRange(written, 50, 299);
        Assert.Equal(0, finished.ExitCode);
        Assert.Contains($"{300 - written} answered, 0 failed, {written} already done", finished.Error, StringComparison.Ordinal);
        Assert.Equal(Workspace.Names(300), Workspace.Ids(workspace.Results));
        Assert.False(File.Exists(workspace.Errors));
    }

    [Fact]
    public async Task A_second_interrupt_does_not_wait_for_what_is_in_flight()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no SIGINT for another process.");
        using Workspace workspace = Workspace.With(10);
        await using SimulatorServer simulator = await SimulatorServer.StartAsync(new SimulatorOptions { TimeToFirstToken = TimeSpan.FromMinutes(10) });

        using Ailib tool = Ailib.Start(workspace.Path, "run", "in.jsonl", "--base-url", simulator.BaseAddress.ToString());
        await tool.UntilLongerAsync(workspace.Results, 0);
        await UntilAsync(() => simulator.Counts.InFlight == 10);
        tool.Interrupt();
        await UntilAsync(() => tool.Error.Contains("Stopping: ", StringComparison.Ordinal));

        // What comes too soon is an echo of the first.
        await UntilAsync(() =>
        {
            tool.Interrupt();
            return tool.Error.Contains("Stopping now.", StringComparison.Ordinal);
        });
        Ended ended = await tool.EndAsync();

        Assert.Equal(130, ended.ExitCode);
        Assert.Contains("Stopping now.", ended.Error, StringComparison.Ordinal);
        Assert.Empty(Workspace.Ids(workspace.Results));
    }

    [Fact]
    public async Task A_second_run_on_the_same_output_is_refused_with_2()
    {
        using Workspace workspace = Workspace.With(10);
        await using SimulatorServer simulator = await SimulatorServer.StartAsync(new SimulatorOptions { TimeToFirstToken = TimeSpan.FromMinutes(10) });
        string[] run = ["run", "in.jsonl", "--base-url", simulator.BaseAddress.ToString()];

        using Ailib first = Ailib.Start(workspace.Path, run);
        await UntilAsync(() => simulator.Counts.InFlight == 10);
        Ended second = await Ailib.RunAsync(workspace.Path, run);

        Assert.Equal(2, second.ExitCode);
        Assert.Contains("another run", second.Error, StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
        {
            Assert.Contains($"process {first.Id} (dotnet)", second.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Another_model_is_refused_with_2_and_named_and_accepted_when_asked_for()
    {
        using Workspace workspace = Workspace.With(3);
        await using SimulatorServer simulator = await SimulatorServer.StartAsync(new SimulatorOptions());
        string[] run = ["run", "in.jsonl", "--base-url", simulator.BaseAddress.ToString(), "--target"];

        Ended first = await Ailib.RunAsync(workspace.Path, [.. run, "vllm/small"]);
        Ended refused = await Ailib.RunAsync(workspace.Path, [.. run, "vllm/large"]);
        Ended accepted = await Ailib.RunAsync(workspace.Path, [.. run, "vllm/large", "--accept-changes"]);

        Assert.Equal((0, 2, 0), (first.ExitCode, refused.ExitCode, accepted.ExitCode));
        Assert.Contains("--target was 'vllm/small' and is now 'vllm/large'", refused.Error, StringComparison.Ordinal);
        Assert.Contains("3 already done", accepted.Error, StringComparison.Ordinal);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (!condition())
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }
}
