namespace AiLib.Dataflow.EndToEnd.Tests;

/// <summary>Rows of docs/security.md that only the whole tool can show.</summary>
public sealed class SecurityTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task Every_file_that_a_run_leaves_is_for_its_owner_only_whatever_the_umask()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are of Unix.");
        using Workspace workspace = Workspace.With(40);
        await File.AppendAllTextAsync(workspace.Input, "nonsense\n");

        // Results, errors, job file, record of runs, kept requests, Parquet and reports; the same moved aside by a fresh start; and an errors file set aside and split by a retry.
        Ended ended = await Ailib.RunInShellAsync(workspace.Path, """
            umask 000
            ailib run - --target simulator -o out.parquet < in.jsonl
            ailib run - --target simulator -o out.parquet --fresh --report page.html < in.jsonl
            ailib report out.jsonl
            ailib run - --target simulator -o out.jsonl --errors out.errors.jsonl --retry-errors=429 --max-calls 1 < in.jsonl
            true
            """);

        Dictionary<string, UnixFileMode> modes = Directory.GetFiles(workspace.Path).Where(path => path != workspace.Input)
            .ToDictionary(path => Path.GetFileName(path), path => new FileInfo(path).UnixFileMode, StringComparer.Ordinal);
        Assert.DoesNotContain(modes, file => file.Value != OwnerOnly);
        string[] expected = ["out.errors.jsonl", "out.errors.jsonl.1", "out.input", "out.jsonl", "out.jsonl.1", "out.jsonl.job", "out.jsonl.job.1", "out.jsonl.runs", "out.parquet", "out.report.html", "page.html"];
        Assert.True(expected.All(modes.ContainsKey), $"There are {string.Join(", ", modes.Keys.Order(StringComparer.Ordinal))}; {ended.Error}");
    }

    [Fact]
    public async Task An_input_that_grows_while_it_is_read_ends_the_run_with_3_and_the_next_one_with_2()
    {
        using Workspace workspace = Workspace.With(200);
        await using HeldProvider provider = await HeldProvider.StartAsync();
        string[] run = ["run", "in.jsonl", "--base-url", provider.Address, "--max-inflight", "10"];

        using Ailib tool = Ailib.Start(workspace.Path, run);
        await provider.AnswerAsync(tool, served: 20, inFlight: 10);
        await File.AppendAllTextAsync(workspace.Input, "\n");
        Ended ended = await provider.AnswerAsync(tool.EndAsync());
        Ended next = await provider.AnswerAsync(Ailib.RunAsync(workspace.Path, run));
        Ended accepted = await provider.AnswerAsync(Ailib.RunAsync(workspace.Path, [.. run, "--accept-changes"]));

        Assert.Equal((3, 2, 0), (ended.ExitCode, next.ExitCode, accepted.ExitCode));
        Assert.Contains("it changed while the job ran", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("The same command continues", ended.Error, StringComparison.Ordinal);
        Assert.Equal(Workspace.Names(200), Workspace.Ids(workspace.Results));
    }

    [Fact]
    public async Task A_directory_where_everybody_may_replace_files_is_refused_with_2_unless_it_is_meant()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are of Unix.");
        using Workspace workspace = Workspace.With(2);

        Ended ended = await Ailib.RunInShellAsync(workspace.Path, """
            mkdir open; chmod 777 open
            ailib run in.jsonl --target simulator -o open/r.jsonl; echo $? > refused; ls open >> refused
            ailib run in.jsonl --target simulator -o open/r.jsonl --allow-shared-directory; echo $? > meant
            """);

        Assert.Equal("2\n", await File.ReadAllTextAsync(workspace["refused"]));
        Assert.Equal("0\n", await File.ReadAllTextAsync(workspace["meant"]));
        Assert.Contains("--allow-shared-directory", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_file_says_reaches_the_terminal_as_text_and_one_message_is_one_line()
    {
        using Workspace workspace = new();
        await File.WriteAllTextAsync(workspace.Input, """
            {"custom_id":"a\u001b]52;c;YQ==\u0007\nailib: all is well\u009b2J","method":"POST","url":"/v1/chat/completions","body":{}}
            {"custom_id":"b","method":"\u001b[2JGET\r\n","url":"\u001b]0;x\u0007","body":{}}
            """ + "\n");

        Ended ended = await Ailib.RunAsync(workspace.Path, "validate", "in.jsonl");

        Assert.Equal(2, ended.ExitCode);
        string said = ended.Output + ended.Error;
        Assert.DoesNotContain(said, character => char.IsControl(character) && character != '\n');
        Assert.DoesNotContain(said.Split('\n'), line => line.StartsWith("ailib: all is well", StringComparison.Ordinal));
    }
}
