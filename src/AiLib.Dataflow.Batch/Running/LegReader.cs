using System.Runtime.CompilerServices;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Batch.Parking;

namespace AiLib.Dataflow.Batch.Running;

/// <summary>Reads the input for one leg: an entry is skipped, written as an error, left to its leader, or goes into the pipeline when there is money for it.</summary>
/// <remarks>Threading: the pipeline's task that feeds it; whoever began the leg waits until it has left.</remarks>
/// <param name="job">The job.</param>
/// <param name="leg">Says when nothing more is to be read.</param>
/// <param name="account">Gives money out.</param>
/// <param name="places">Which entries are read; null for all.</param>
internal sealed class LegReader(JobParts job, JobLeg leg, AttemptAccount account, ParkedPlaces? places)
{
    // Written by the reader, once; null until it begins.
    private TaskCompletionSource? _reading;

    /// <summary>Reads. Once; that the leg's input ends is the end of the input as far as the pipeline is concerned, and what it has is finished.</summary>
    public async IAsyncEnumerable<BatchRequest> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        TaskCompletionSource reading = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _reading, reading);
        try
        {
            using OutputLine badLine = new();
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, leg.Reading);
            IAsyncEnumerator<BatchLine> lines = BatchInput.ReadAsync(job.Files.Input, job.Options, job.Files.Ledger, places, either.Token).GetAsyncEnumerator(either.Token);
            await using (lines.ConfigureAwait(Continuations.KeepContext))
            {
                while (await NextAsync(lines).ConfigureAwait(Continuations.KeepContext))
                {
                    if (Sort(lines.Current, badLine) is not { } request)
                    {
                        continue;
                    }

                    if (!await HasMoneyAsync(request, either.Token).ConfigureAwait(Continuations.KeepContext))
                    {
                        yield break;
                    }

                    yield return request;
                }
            }
        }
        finally
        {
            reading.TrySetResult();
        }
    }

    /// <summary>Until nobody reads the input any more: a pipeline that gives everything up does not wait for that without end.</summary>
    public Task LeftAsync() => Volatile.Read(ref _reading)?.Task ?? Task.CompletedTask;

    /// <summary>Counts an entry, and says what becomes of it.</summary>
    /// <returns>A request that is to be sent; null when nothing is.</returns>
    private BatchRequest? Sort(BatchLine line, OutputLine badLine)
    {
        if (!line.IsAgain)
        {
            job.Tally.OnLine(line.End);
        }

        bool isFollower = line is { Request: not null, IsAgain: false } && job.Leaders?.IsFollower(line.Request, line.IsDone) == true;
        BatchRequest? wanted = line.IsDone || isFollower ? null : line.Request;
        job.Parked?.OnRead(line.Place, wanted, line.IsAgain);
        if (line.IsDone)
        {
            job.Tally.OnSkipped();
        }
        else if (line.Request is null)
        {
            job.Files.Errors.Append(badLine.Refused(line.Error!));
            job.Tally.OnBadLine();
        }

        // A follower gets its leader's answer: see FollowerPass.
        return wanted;
    }

    /// <summary>The next entry; none when the leg or the run ends.</summary>
    private async ValueTask<bool> NextAsync(IAsyncEnumerator<BatchLine> lines)
    {
        try
        {
            return !leg.Reading.IsCancellationRequested && await lines.MoveNextAsync().ConfigureAwait(Continuations.KeepContext);
        }
        catch (OperationCanceledException) when (leg.Reading.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Waits for money when it has to; false when there is none, or the leg or the run ends.</summary>
    private async ValueTask<bool> HasMoneyAsync(BatchRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await account.TryAdmitAsync(request, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }
        catch (OperationCanceledException) when (leg.Reading.IsCancellationRequested)
        {
            return false;
        }
    }
}
