using System.Text.Json;

namespace AiLib.Dataflow.EndToEnd.Tests.Config;

/// <summary>The whole tool with a configuration file.</summary>
public sealed class ConfigCommandTests
{
    private const string Key = "canary-key-4711-secret";

    [Fact]
    public async Task A_run_asks_the_targets_of_the_file_in_this_directory()
    {
        using Workspace workspace = Workspace.With(5);
        await ConfigureAsync(workspace, """{ "targets": [ { "name": "mine", "provider": "simulator", "model": "m-1", "prices": { "input": 1, "output": 2 } } ] }""");

        Ended ended = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl");

        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("Settings from ailib.json", ended.Error, StringComparison.Ordinal);
        Assert.Equal(Workspace.Names(5), Workspace.Ids(workspace.Results));
        Assert.All(File.ReadAllLines(workspace.Results), line => Assert.Contains("\"model\":\"m-1\"", line, StringComparison.Ordinal));
        Assert.All(File.ReadAllLines(workspace.Results), line => Assert.Contains("\"cost_usd\":", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_job_is_is_what_holds_and_not_who_said_it()
    {
        using Workspace workspace = Workspace.With(5);
        await ConfigureAsync(workspace, """{ "targets": [ { "name": "mine", "provider": "simulator", "model": "m-1" } ] }""");

        Ended began = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--max-calls", "2");
        Ended byOption = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator/m-1", "--max-calls", "1");
        await ConfigureAsync(workspace, """{ "targets": [ { "name": "renamed", "provider": "simulator", "model": "m-2" } ] }""");
        Ended changed = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl");
        await ConfigureAsync(workspace, """{ "targets": [ { "name": "renamed", "provider": "simulator", "model": "m-1", "limits": { "rps": 500 } } ] }""");
        Ended ended = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl");

        Assert.Equal((3, 3, 2, 0), (began.ExitCode, byOption.ExitCode, changed.ExitCode, ended.ExitCode));
        Assert.Contains("belongs to another job", changed.Error, StringComparison.Ordinal);
        Assert.Contains("simulator/m-1", changed.Error, StringComparison.Ordinal);
        Assert.Equal(Workspace.Names(5), Workspace.Ids(workspace.Results));
    }

    [Fact]
    public async Task A_prompt_that_the_file_says_is_part_of_the_job_like_one_of_the_command_line()
    {
        using Workspace workspace = new();
        await File.WriteAllTextAsync(workspace["words.csv"], "word\nhouse\n");
        await ConfigureAsync(workspace, """{ "targets": [ { "name": "simulator/m" } ], "defaults": { "prompt": "In French: {word}" } }""");

        Ended validated = await Ailib.RunAsync(workspace.Path, "validate", "words.csv");
        Ended first = await Ailib.RunAsync(workspace.Path, "run", "words.csv");
        Ended same = await Ailib.RunAsync(workspace.Path, "run", "words.csv", "--prompt", "In French: {word}");
        Ended other = await Ailib.RunAsync(workspace.Path, "run", "words.csv", "--prompt", "In Dutch: {word}");

        Assert.Equal((0, 0, 0, 2), (validated.ExitCode, first.ExitCode, same.ExitCode, other.ExitCode));
        Assert.Contains("--prompt", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_that_the_file_says_is_for_tables_and_one_of_the_command_line_for_what_it_stands_beside()
    {
        using Workspace workspace = Workspace.With(2);
        await ConfigureAsync(workspace, """{ "targets": [ { "name": "simulator/m" } ], "defaults": { "system": "Be brief.", "max_tokens": 9 } }""");

        Ended written = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl");
        Ended asked = await Ailib.RunAsync(workspace.Path, "validate", "in.jsonl", "--system", "Be brief.");

        Assert.Equal((0, 2), (written.ExitCode, asked.ExitCode));
        Assert.Contains("are for tables", asked.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Defaults_hold_for_a_run_until_a_variable_or_an_option_says_otherwise()
    {
        using Workspace workspace = Workspace.With(9);
        await ConfigureAsync(workspace, """{ "targets": [ { "name": "simulator/m" } ], "defaults": { "max_calls": 2 } }""");

        Ended byFile = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl");
        int afterFile = Workspace.Ids(workspace.Results).Length;
        using Ailib withVariable = Ailib.Start(workspace.Path, [("AI_LIB_MAX_CALLS", "3")], "run", "in.jsonl");
        Ended byVariable = await withVariable.EndAsync();
        int afterVariable = Workspace.Ids(workspace.Results).Length;
        using Ailib withOption = Ailib.Start(workspace.Path, [("AI_LIB_MAX_CALLS", "3")], "run", "in.jsonl", "--max-calls", "100");
        Ended byOption = await withOption.EndAsync();

        Assert.Equal((3, 3, 0), (byFile.ExitCode, byVariable.ExitCode, byOption.ExitCode));
        Assert.Equal((2, 5, 9), (afterFile, afterVariable, Workspace.Ids(workspace.Results).Length));
    }

    [Fact]
    public async Task A_mistake_ends_every_command_with_2_before_anything_is_read_or_sent()
    {
        using Workspace workspace = Workspace.With(1);
        await ConfigureAsync(workspace, "{\n  \"targets\": [ { \"name\": \"simulator\", \"limits\": { \"rpm\": \"many\" } } ]\n}");

        foreach (string[] command in new string[][] { ["run", "in.jsonl"], ["validate", "in.jsonl"], ["targets"] })
        {
            Ended ended = await Ailib.RunAsync(workspace.Path, command);

            Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
            Assert.Equal("ailib: ailib.json:2: targets[0].limits.rpm is \"many\": it must be a number from 1 to 60000000, without quotes.\n", ended.Error);
        }

        Assert.Equal(2, Directory.GetFiles(workspace.Path).Length);
    }

    [Fact]
    public async Task Targets_are_listed_without_keys_and_with_what_a_run_would_refuse()
    {
        using Workspace workspace = new();
        await ConfigureAsync(workspace, """{ "targets": [ { "name": "a", "provider": "openai", "model": "m" }, { "name": "groq/n" } ] }""");

        using Ailib tool = Ailib.Start(workspace.Path, [("OPENAI_API_KEY", Key)], "targets");
        Ended missing = await tool.EndAsync();
        using Ailib json = Ailib.Start(workspace.Path, [("OPENAI_API_KEY", Key), ("GROQ_API_KEY", Key)], "targets", "--json", "--rpm", "7");
        Ended complete = await json.EndAsync();

        Assert.Equal((2, 0), (missing.ExitCode, complete.ExitCode));
        Assert.Contains("set (from OPENAI_API_KEY)", missing.Output, StringComparison.Ordinal);
        Assert.Contains("missing (GROQ_API_KEY is not set)", missing.Output, StringComparison.Ordinal);
        Assert.Equal("ailib: ailib.json:1: target groq/n needs a key, and the environment variable GROQ_API_KEY is not set.\n", missing.Error);
        using JsonDocument listing = JsonDocument.Parse(complete.Output);
        Assert.Equal("--rpm", listing.RootElement.GetProperty("targets")[1].GetProperty("rpm").GetProperty("source").GetString());
        Assert.DoesNotContain("canary", missing.Output + missing.Error + complete.Output + complete.Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(workspace.Path));
    }

    [Fact]
    public async Task A_file_of_another_name_is_read_when_it_is_named_and_no_other_then()
    {
        using Workspace workspace = new();
        await ConfigureAsync(workspace, "this is not JSON");
        await File.WriteAllTextAsync(workspace["other.json"], """{ "targets": [ { "name": "simulator/other" } ] }""");

        Ended byOption = await Ailib.RunAsync(workspace.Path, "targets", "--config", "other.json");
        using Ailib tool = Ailib.Start(workspace.Path, [("AI_LIB_CONFIG", "other.json")], "targets");
        Ended byVariable = await tool.EndAsync();

        Assert.Equal((0, 0), (byOption.ExitCode, byVariable.ExitCode));
        Assert.StartsWith("Configuration: other.json\n", byOption.Output, StringComparison.Ordinal);
        Assert.Equal(byOption.Output, byVariable.Output);
    }

    [Fact]
    public async Task A_file_above_this_directory_is_not_looked_for()
    {
        using Workspace workspace = new();
        await ConfigureAsync(workspace, """{ "targets": [ { "name": "simulator" } ] }""");
        Directory.CreateDirectory(workspace["below"]);

        Ended ended = await Ailib.RunAsync(workspace["below"], "targets");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("There is no target", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_found_file_that_others_may_have_put_there_or_that_sends_requests_away_is_refused_with_2()
    {
        using Workspace workspace = Workspace.With(1);
        await ConfigureAsync(workspace, """{ "targets": [ { "name": "vllm/m", "base_url": "https://evil.example/v1" } ] }""");

        Ended away = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--dry-run");
        Ended meant = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--dry-run", "--config", "ailib.json");
        Ended open = await Ailib.RunInShellAsync(workspace.Path, "chmod o+w ailib.json; ailib targets --config ailib.json");

        Assert.Equal((2, 0, 2), (away.ExitCode, meant.ExitCode, open.ExitCode));
        Assert.Contains("would send requests, and a key, to evil.example", away.Error, StringComparison.Ordinal);
        Assert.Contains("chmod o-w", open.Error, StringComparison.Ordinal);
    }

    private static Task ConfigureAsync(Workspace workspace, string text) => File.WriteAllTextAsync(workspace["ailib.json"], text);
}
