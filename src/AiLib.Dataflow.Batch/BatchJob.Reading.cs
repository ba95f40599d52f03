using System.Runtime.CompilerServices;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Batch.Parking;

namespace AiLib.Dataflow.Batch;

/// <summary>1 and 2 of the way of a line: it is read, skipped or written as an error, and goes into the pipeline when there is money for it.</summary>
public sealed partial class BatchJob
{
    private async IAsyncEnumerable<BatchRequest> ReadAsync(JobStop ending, JobLeg leg, ParkedPlaces? places, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using JobLeg.ReaderScope reading = leg.BeginReading();
        using OutputLine badLine = new();
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, leg.Reading);
        IAsyncEnumerator<BatchLine> lines = BatchInput.ReadAsync(_files.Input, _options, _files.Ledger, places, either.Token).GetAsyncEnumerator(either.Token);
        await using (lines.ConfigureAwait(Continuations.KeepContext))
        {
            while (await NextAsync(lines, leg).ConfigureAwait(Continuations.KeepContext))
            {
                BatchLine line = lines.Current;
                if (!line.IsAgain)
                {
                    _tally.OnLine(line.End);
                }

                bool isFollower = _leaders is not null && line is { Request: not null, IsAgain: false } && _leaders.IsFollower(line.Request, line.IsDone);
                _parked?.OnRead(line.Place, line.IsDone || isFollower ? null : line.Request, line.IsAgain);
                if (line.IsDone)
                {
                    _tally.OnSkipped();
                }
                else if (isFollower)
                {
                    // Its leader's answer is its own; see FollowerPass.
                }
                else if (line.Request is { } request)
                {
                    request.Account = _account;
                    if (!await HasMoneyAsync(request, ending, leg, either.Token).ConfigureAwait(Continuations.KeepContext))
                    {
                        yield break;
                    }

                    yield return request;
                }
                else
                {
                    _files.Errors.Append(badLine.Refused(line.Error!));
                    _tally.OnBadLine();
                }
            }
        }
    }

    /// <summary>Sets aside what a request may cost. When it does not fit even with nothing in flight, the budget is used up, and the job stops.</summary>
    private async ValueTask<bool> HasMoneyAsync(BatchRequest request, JobStop ending, JobLeg leg, CancellationToken cancellationToken)
    {
        if (_budget is null)
        {
            return true;
        }

        try
        {
            if (await _budget.ReserveAsync(request, cancellationToken).ConfigureAwait(Continuations.KeepContext))
            {
                return true;
            }

            ending.StopBecause(_budget.Refusal(request));
            return false;
        }
        catch (OperationCanceledException) when (leg.Reading.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>The next line; none when the leg or the job stops.</summary>
    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<BatchLine> lines, JobLeg leg)
    {
        try
        {
            return !leg.Reading.IsCancellationRequested && await lines.MoveNextAsync().ConfigureAwait(Continuations.KeepContext);
        }
        catch (OperationCanceledException) when (leg.Reading.IsCancellationRequested)
        {
            // The end of the input as far as the pipeline is concerned: what it has is finished.
            return false;
        }
    }
}
