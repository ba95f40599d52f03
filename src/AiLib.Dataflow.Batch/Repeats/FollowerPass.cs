using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Input.Ids;
using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Repeats;

/// <summary>Gives every follower its leader's answer, when all leaders have theirs.</summary>
/// <remarks>
/// <para>What is this: three readings for some leaders at a time: of the input, to find them; of the output, to find their lines; of the input again, to
/// write their followers' lines. So memory is bounded, a crash loses nothing, and the next run does what is left: a follower with a line is done like any other.</para>
/// <para>Threading: one thread, when nothing else reads the input or writes.</para>
/// </remarks>
internal sealed class FollowerPass(BatchJobOptions options, JobFiles files, LeaderLedger ledger, JobTally tally, OutputLine output)
{
    /// <summary>How many leaders at a time; some hundred bytes each.</summary>
    public const int DefaultWindow = 1_000_000;

    // No call is repeated when they are lost, so more than of answers that come from the wire.
    private const int MostUncommitted = 1_000;

    /// <summary>Writes the lines of all followers that have none.</summary>
    /// <param name="window">How many leaders at a time.</param>
    /// <param name="stop">Ends it between two lines.</param>
    public async Task RunAsync(int window, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            LeaderLines leaders = new();
            await foreach ((BatchRequest request, BatchId hash) in ReadAsync(stop).ConfigureAwait(Continuations.KeepContext))
            {
                if (leaders.Count < window)
                {
                    leaders.AddFirst(hash, request.Id);
                }
            }

            if (leaders.Count == 0)
            {
                return;
            }

            await leaders.FindAsync(files.Results, stop).ConfigureAwait(Continuations.KeepContext);
            await leaders.FindAsync(files.Errors, stop).ConfigureAwait(Continuations.KeepContext);
            await WriteAsync(leaders, stop).ConfigureAwait(Continuations.KeepContext);
        }
    }

    private async Task WriteAsync(LeaderLines leaders, CancellationToken stop)
    {
        // A failure is thrown at the latest when they are committed at the end.
        using LineGroup group = new(files, tally, MostUncommitted, static _ => { });
        try
        {
            await foreach ((BatchRequest request, BatchId hash) in ReadAsync(stop).ConfigureAwait(Continuations.KeepContext))
            {
                if (leaders.TryGet(hash, out BatchId leader) && leader != request.Id && !files.Ledger.IsDone(request.Id))
                {
                    Write(group, request, leaders.Read(leader, out byte[] line), line);
                }
            }
        }
        finally
        {
            group.Commit();
        }

        foreach (BatchId hash in leaders.Hashes)
        {
            ledger.OnAnswered(hash);
        }
    }

    private void Write(LineGroup group, BatchRequest request, OutputFile file, byte[] line)
    {
        if (ReferenceEquals(file, files.Results))
        {
            group.AddAnswer(output.Copied(request, line));
        }
        else
        {
            group.AddFailure(output.Copied(request, line));
        }
    }

    /// <summary>The requests of the input whose leader is waited for, with their hash.</summary>
    private async IAsyncEnumerable<(BatchRequest Request, BatchId Hash)> ReadAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A ledger of its own: which of two lines with the same id is the request is found out as it was the first time.
        using IdLedger own = files.NewLedger();
        files.Input.Position = 0;
        await foreach (BatchLine line in BatchInput.ReadAsync(files.Input, options, own, places: null, cancellationToken).ConfigureAwait(Continuations.KeepContext))
        {
            if (line.Request is { } request && ledger.HashOf(request) is var hash && ledger.IsWaitedFor(hash))
            {
                yield return (request, hash);
            }
        }
    }
}
