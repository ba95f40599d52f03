using System.Diagnostics;
using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Tests.Output;

/// <summary>What stands at the path of an output: S-10 and S-11 of docs/security.md.</summary>
public sealed class OwnFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Everybody = (UnixFileMode)0b111_111_111;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_link_that_is_swapped_in_while_the_file_is_opened_is_never_written_through()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the name alone is asked.");
        const int Races = 1_000;
        TimeSpan patience = TimeSpan.FromMinutes(1);
        const string Contents = "somebody else's\n";
        string victim = _directory.Write("victim", Contents);
        string output = _directory["out"];
        using CancellationTokenSource over = new();
        Task swapping = Task.Factory.StartNew(() => Swap(output, victim, over.Token), over.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        // Both, because the other thread may be off its processor for as long as a thousand refusals take.
        (int opened, int refused) = (0, 0);
        long started = TimeProvider.System.GetTimestamp();
        while (refused < Races || opened < Races)
        {
            Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, patience);
            try
            {
                using FileStream file = OwnFile.Open(output);
                file.Write("x"u8);
                opened++;
            }
            catch (IOException)
            {
                refused++;
            }
        }

        await over.CancelAsync();
        await swapping;
        Assert.Equal(Contents, await File.ReadAllTextAsync(victim));
    }

    [Fact]
    public async Task A_link_is_refused_also_to_nothing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        File.CreateSymbolicLink(_directory["link"], _directory.Write("target", "mine"));
        File.CreateSymbolicLink(_directory["dangling"], _directory["nothing"]);

        Assert.Contains("symbolic link", Assert.Throws<UnsafePlaceException>(() => OwnFile.Open(_directory["link"])).Message, StringComparison.Ordinal);
        Assert.Throws<UnsafePlaceException>(() => OwnFile.Open(_directory["dangling"]));
        Assert.Throws<IOException>(() => OwnFile.Create(_directory["dangling"]));
        Assert.Equal("mine", await File.ReadAllTextAsync(_directory["target"]));
        Assert.False(File.Exists(_directory["nothing"]));
    }

    [Fact]
    public async Task A_pipe_a_socket_and_a_device_are_refused_without_opening_them()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The tools are those of Linux.");
        await RunAsync("mkfifo", _directory["pipe"]);
        using System.Net.Sockets.Socket socket = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(_directory["socket"]));

        foreach (string path in new[] { _directory["pipe"], _directory["socket"], "/dev/full", "/dev/null", "/dev/zero" })
        {
            UnsafePlaceException refused = await Task.Run(() => Assert.Throws<UnsafePlaceException>(() => OwnFile.Open(path))).WaitAsync(TimeSpan.FromSeconds(10));
            Assert.Contains("not an ordinary file", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_file_of_another_user_is_refused_unless_it_is_meant()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && FileStatus.Me == 0, "Only root can give a file away.");
        string path = _directory.Write("theirs", "");
        await RunAsync("chown", "4711", path);

        UnsafePlaceException refused = Assert.Throws<UnsafePlaceException>(() => OwnFile.Open(path));
        using FileStream meant = OwnFile.Open(path, allowsOtherOwners: true);

        Assert.Contains("number 4711", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--allow-shared-directory", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_says_what_is_wrong_with_the_file_and_not_that_another_run_has_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The tools are those of Linux.");
        await RunAsync("mkfifo", _directory["in.results.jsonl"]);

        ConfigurationException refused = await Assert.ThrowsAsync<ConfigurationException>(() => BatchJob.OpenAsync(Job()));

        Assert.Contains("is not an ordinary file", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("another run", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Everybody, false)]
    [InlineData(Everybody | UnixFileMode.StickyBit, true)]
    [InlineData(Everybody & ~UnixFileMode.OtherWrite, true)]
    [InlineData(OwnerOnly | UnixFileMode.UserExecute, true)]
    public async Task A_directory_in_which_everybody_may_replace_files_is_refused_unless_it_is_meant(UnixFileMode mode, bool isTaken)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are of Unix.");
        string shared = Directory.CreateDirectory(_directory["shared"]).FullName;
        await RunAsync("chmod", Convert.ToString((int)mode, 8), shared);
        BatchJobOptions job = Job() with { ResultsPath = Path.Combine(shared, "out.jsonl") };

        ConfigurationException? refused = null;
        try
        {
            await (await BatchJob.OpenAsync(job)).DisposeAsync();
        }
        catch (ConfigurationException exception)
        {
            refused = exception;
        }

        await (await BatchJob.OpenAsync(job with { AllowSharedDirectory = true })).DisposeAsync();
        Assert.Equal(isTaken, refused is null);
        if (refused is not null)
        {
            Assert.Contains(shared, refused.Message, StringComparison.Ordinal);
            Assert.Contains("chmod o-w", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_new_file_is_for_its_owner_only()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are of Unix.");
        using FileStream file = OwnFile.Open(_directory["new"]);

        Assert.Equal(OwnerOnly, new FileInfo(file.Name).UnixFileMode);
    }

    /// <summary>Lets a name stand for an ordinary file and for a link to another, in turn, as fast as it can. Each change is one rename.</summary>
    private void Swap(string output, string victim, CancellationToken over)
    {
        string file = _directory["file"];
        string link = _directory["link"];
        while (!over.IsCancellationRequested)
        {
            File.WriteAllText(file, "");
            File.Move(file, output, overwrite: true);
            File.CreateSymbolicLink(link, victim);
            File.Move(link, output, overwrite: true);
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    private BatchJobOptions Job() => new() { InputPath = _directory.Write("in.jsonl", Requests.Lines(1)) };
}
