using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Input.Ids;

namespace AiLib.Dataflow.Batch.Repeats;

/// <summary>Says which requests of an input are equal to an earlier one.</summary>
/// <remarks>
/// The first of them is the leader and is sent; the others are its followers and get its answer. For one thread.
/// </remarks>
internal sealed class LeaderLedger(IdLedger leaders) : IDisposable
{
    private readonly BodyHash _hash = new();

    // Of the two things it notes, "seen" stands here for a leader, and "done" for one whose followers have no line yet.
    private readonly IdLedger _leaders = leaders;

    /// <summary>How many followers were found that have no line yet.</summary>
    public long Waiting { get; private set; }

    /// <summary>The hash of a request.</summary>
    public BatchId HashOf(BatchRequest request) => _hash.Of(request.Request);

    /// <summary>Looks at the next request of the input.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isDone">Whether it has a line.</param>
    /// <returns>Whether it is a follower.</returns>
    public bool IsFollower(BatchRequest request, bool isDone)
    {
        BatchId hash = HashOf(request);
        if (_leaders.TrySee(hash, out _))
        {
            return false;
        }

        if (!isDone)
        {
            _leaders.MarkDone(hash);
            Waiting++;
        }

        return true;
    }

    /// <summary>Whether the leader with this hash has followers without a line.</summary>
    public bool IsWaitedFor(BatchId hash) => _leaders.IsDone(hash);

    /// <inheritdoc/>
    public void Dispose() => _leaders.Dispose();

    /// <summary>All followers of a leader have their line.</summary>
    public void OnAnswered(BatchId hash) => _leaders.UnmarkDone(hash);
}
