namespace AiLib.Dataflow.Batch.Input.Selection;

/// <summary>Some of the entries of an input. The others are as if they were not there.</summary>
internal sealed class SelectedEntries(IInputEntries all, EntryChoice? choice, long limit) : IInputEntries
{
    private long _taken;

    /// <inheritdoc/>
    public long Number => all.Number;

    /// <inheritdoc/>
    public long Position => all.Position;

    /// <inheritdoc/>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        while (_taken < limit && await all.MoveNextAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext))
        {
            if (choice is null || choice.Takes(all.Number))
            {
                _taken++;
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public BatchLineError? Parse(out BatchRequest? request) => all.Parse(out request);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => all.DisposeAsync();
}
