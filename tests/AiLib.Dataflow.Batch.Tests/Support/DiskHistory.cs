using System.Globalization;
using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests.Support;

/// <summary>A job's use of its files, over any number of runs and power cuts: who was promised a line, and whether it is there.</summary>
internal sealed class DiskHistory : IDisposable
{
    public const string Results = "/job.results.jsonl";
    public const string Errors = "/job.errors.jsonl";

    private static readonly BatchJobOptions Job = new() { InputPath = "/job.jsonl" };

    private readonly OutputLine _line = new();
    private readonly BatchRequest[] _requests;
    private readonly HashSet<string> _promised = new(StringComparer.Ordinal);

    public DiskHistory(int requests)
    {
        _requests = [.. Enumerable.Range(1, requests).Select(number => Requests.Request(string.Create(CultureInfo.InvariantCulture, $"r{number}")))];
        Disk.Put(Job.InputPath, Encoding.UTF8.GetBytes(Requests.Lines(requests)));
    }

    public SimulatedDisk Disk { get; set; } = new();

    /// <summary>The requests that were promised to have a line.</summary>
    public string[] Promised
    {
        get => [.. _promised];
        set
        {
            _promised.Clear();
            _promised.UnionWith(value);
        }
    }

    public void Dispose() => _line.Dispose();

    /// <summary>One run: the requests that have no line get one, in groups of as many as the function says.</summary>
    /// <returns>How many lines were written and not promised when the power went; null when the run came to its end.</returns>
    public int? Run(Func<int> groupOf, Func<int, int> bodyOf, Func<int, int> statusOf, IReadOnlyList<string>? retry = null)
    {
        List<string> written = [];
        JobFiles? files = null;
        try
        {
            BatchJobOptions options = Job with { RetryErrors = retry is not null, RetryErrorCodes = retry ?? [] };
            if (retry is not null)
            {
                // From now on they have no line again.
                _promised.RemoveWhere(id => Encoding.UTF8.GetString(Disk.Read(Errors) ?? []).Contains($"\"{id}\"", StringComparison.Ordinal));
            }

            Task<JobFiles> opening = JobFiles.OpenAsync(options, Disk, CancellationToken.None);
            Assert.True(opening.IsCompleted);
            files = opening.GetAwaiter().GetResult();
            foreach (string id in _promised)
            {
                Assert.True(files.Ledger.IsDone(BatchId.OfRequest(id)), $"{id} was promised a line and has none.");
            }

            int group = groupOf();
            for (int number = 0; number < _requests.Length; number++)
            {
                BatchRequest request = _requests[number];
                if (files.Ledger.IsDone(request.Id))
                {
                    continue;
                }

                int status = statusOf(number);
                written.Add(request.CustomId);
                if (status == 200)
                {
                    files.Results.Collect(_line.Answered(request, new ProviderResponse(200, Encoding.UTF8.GetBytes($"\"{new string('x', bodyOf(number))}\""), "")));
                }
                else
                {
                    files.Errors.Collect(_line.Failed(request, JobRun.Http(ProviderErrorCode.InvalidRequest, status)));
                }

                if (--group == 0)
                {
                    Commit(files, written);
                    group = groupOf();
                }
            }

            Commit(files, written);
            files.OnEnded(BatchJobEnd.Completed, new BatchJobCounts(), costOfAnswers: 0);
            return null;
        }
        catch (PowerCutException)
        {
            return written.Count;
        }
        finally
        {
            files?.Dispose();
        }
    }

    /// <summary>Each request has one line, whole, in one of the files.</summary>
    public void AssertComplete()
    {
        string[] ids = [.. Ids(Results), .. Ids(Errors)];
        Assert.Equal(_requests.Length, ids.Length);
        Assert.Equal(_requests.Length, ids.Distinct(StringComparer.Ordinal).Count());
    }

    private void Commit(JobFiles files, List<string> written)
    {
        files.Results.Commit();
        files.Errors.Commit();
        _promised.UnionWith(written);
        written.Clear();
    }

    private string[] Ids(string path) => [.. Encoding.UTF8.GetString(Disk.Read(path) ?? []).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("custom_id").GetString()!)];
}
