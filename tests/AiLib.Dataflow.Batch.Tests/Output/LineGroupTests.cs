using System.Text;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Batch.Spend;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests.Output;

public sealed class LineGroupTests : IDisposable
{
    private const int Most = 4;

    private static readonly byte[] Line = Encoding.UTF8.GetBytes("{}\n");

    private readonly TemporaryDirectory _directory = new();
    private readonly JobTally _tally = new(0, 0, new SpendMeter(new Dictionary<string, TokenPrices>(StringComparer.Ordinal), before: 0, Providers.Estimates.CheapTokenEstimator.Instance));
    private readonly SlowDisk _disk = new();
    private string? _toldFailure;

    private long Answered => _tally.Read().Answered;

    private long WrittenBytes => new FileInfo(_directory["in.results.jsonl"]).Length;

    public void Dispose()
    {
        _disk.Go.Set();
        _directory.Dispose();
        _disk.Dispose();
    }

    [Fact]
    public async Task Lines_are_written_while_others_are_committed_and_counted_when_they_are_committed_themselves()
    {
        using JobFiles files = await OpenAsync();
        using LineGroup group = NewGroup(files);
        group.AddAnswer(Line);
        group.Write();
        _disk.Began.Wait(TestContext.Current.CancellationToken);

        group.AddAnswer(Line, cost: 0.25m);
        group.Write();

        Assert.Equal(2 * Line.Length, WrittenBytes);
        Assert.Equal((0, 0m), (Answered, _tally.CostOfAnswers));
        _disk.Go.Set();
        group.Commit();
        Assert.Equal((2, 0.25m), (Answered, _tally.CostOfAnswers));
        Assert.Equal(2, _disk.Syncs);
    }

    [Fact]
    public async Task Who_writes_more_than_may_be_uncommitted_waits()
    {
        using JobFiles files = await OpenAsync();
        using LineGroup group = NewGroup(files);
        Thread writer = new(() =>
        {
            for (int i = 0; i < 2 * Most; i++)
            {
                group.AddAnswer(Line);
                group.Write();
            }

            group.Commit();
        });
        writer.Start();

        Assert.True(SpinWait.SpinUntil(
            () => WrittenBytes == (Most + 1) * Line.Length && writer.ThreadState.HasFlag(ThreadState.WaitSleepJoin), TimeSpan.FromSeconds(10)));
        Assert.Equal(0, Answered);

        _disk.Go.Set();
        writer.Join();
        Assert.Equal(2 * Most, Answered);
    }

    [Fact]
    public async Task Lines_that_cannot_be_committed_are_not_counted_and_everyone_hears_of_it()
    {
        using JobFiles files = await OpenAsync();
        using LineGroup group = NewGroup(files);
        group.AddAnswer(Line);
        group.AddFailure(Line);
        group.Write();
        _disk.Began.Wait(TestContext.Current.CancellationToken);
        _disk.IsBroken = true;
        _disk.Go.Set();

        Assert.Throws<OutputFailedException>(group.Commit);

        Assert.Equal(0, Answered);
        Assert.Equal(0, _tally.Read().Failed);
        Assert.Throws<OutputFailedException>(() => group.AddAnswer(Line));
        SpinWait.SpinUntil(() => Volatile.Read(ref _toldFailure) is not null, TimeSpan.FromSeconds(10));
        Assert.Contains("Input/output error", _toldFailure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nothing_is_forced_lines_are_counted_when_they_are_written()
    {
        using JobFiles files = await OpenAsync(BatchDurability.None);
        using LineGroup group = NewGroup(files);
        group.AddAnswer(Line);
        group.AddFailure(Line);
        Assert.Equal(0, Answered);

        group.Write();

        Assert.Equal(1, Answered);
        Assert.Equal(1, _tally.Read().Failed);
        Assert.Equal(0, _disk.Syncs);
    }

    private LineGroup NewGroup(JobFiles files) => new(files, _tally, Most, message => Volatile.Write(ref _toldFailure, message));

    private async Task<JobFiles> OpenAsync(BatchDurability durability = BatchDurability.Batch)
    {
        BatchJobOptions options = new() { InputPath = _directory.Write("in.jsonl", Requests.Lines(1)), Durability = durability };
        JobFiles files = await JobFiles.OpenAsync(options, _disk, CancellationToken.None);
        _disk.Arm();
        return files;
    }

    /// <summary>A disk that forces nothing before it is let go.</summary>
    private sealed class SlowDisk : IFileSystem, IDisposable
    {
        private volatile bool _isArmed;
        private volatile bool _isBroken;
        private int _syncs;

        public ManualResetEventSlim Began { get; } = new();

        public ManualResetEventSlim Go { get; } = new();

        public int Syncs => Volatile.Read(ref _syncs);

        public bool IsBroken
        {
            get => _isBroken;
            set => _isBroken = value;
        }

        public void Arm() => _isArmed = true;

        public void Sync(Stream stream)
        {
            if (!_isArmed)
            {
                return;
            }

            Began.Set();
            Go.Wait();
            if (IsBroken)
            {
                throw new IOException("Input/output error");
            }

            Interlocked.Increment(ref _syncs);
        }

        public Stream OpenTemporary(string near) => DiskFileSystem.Instance.OpenTemporary(near);

        public void SyncDirectoryOf(string path)
        {
        }

        public bool Exists(string path) => DiskFileSystem.Instance.Exists(path);

        public long LengthOf(string path) => DiskFileSystem.Instance.LengthOf(path);

        public Stream OpenRead(string path) => DiskFileSystem.Instance.OpenRead(path);

        public Stream OpenExclusive(string path) => DiskFileSystem.Instance.OpenExclusive(path);

        public void Move(string from, string to, bool overwrite) => DiskFileSystem.Instance.Move(from, to, overwrite);

        public void Delete(string path) => DiskFileSystem.Instance.Delete(path);

        public void Dispose()
        {
            Began.Dispose();
            Go.Dispose();
        }
    }
}
