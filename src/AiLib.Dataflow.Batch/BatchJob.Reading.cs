using System.Runtime.CompilerServices;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch;

/// <summary>1 and 2 of the way of a line: it is read, skipped or written as an error, and goes into the pipeline when there is money for it.</summary>
public sealed partial class BatchJob
{
    private async IAsyncEnumerable<BatchRequest> ReadAsync(JobStop ending, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using OutputLine badLine = new();
        AttemptAccount account = new(new CallBudget(ending, _options.MaxCalls), _spend, _budget, ending);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ending.Stop);
        IAsyncEnumerator<BatchLine> lines = BatchInput.ReadAsync(_files.Input, _options, _files.Ledger, either.Token).GetAsyncEnumerator(either.Token);
        await using (lines.ConfigureAwait(Continuations.KeepContext))
        {
            while (await NextAsync(lines, ending).ConfigureAwait(Continuations.KeepContext))
            {
                BatchLine line = lines.Current;
                _tally.OnLine(line.End);
                bool isFollower = _leaders is not null && line.Request is not null && _leaders.IsFollower(line.Request, line.IsDone);
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
                    request.Account = account;
                    if (!await HasMoneyAsync(request, ending, either.Token).ConfigureAwait(Continuations.KeepContext))
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
    private async ValueTask<bool> HasMoneyAsync(BatchRequest request, JobStop ending, CancellationToken cancellationToken)
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
        catch (OperationCanceledException) when (ending.Stop.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>The next line; none when the job stops.</summary>
    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<BatchLine> lines, JobStop ending)
    {
        try
        {
            return !ending.Stop.IsCancellationRequested && await lines.MoveNextAsync().ConfigureAwait(Continuations.KeepContext);
        }
        catch (OperationCanceledException) when (ending.Stop.IsCancellationRequested)
        {
            // The end of the input as far as the pipeline is concerned: what it has is finished.
            return false;
        }
    }
}
