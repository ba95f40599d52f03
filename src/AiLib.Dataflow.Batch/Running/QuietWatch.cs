using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Batch.Running;

/// <summary>Says when a pipeline has come to rest: nothing is in flight, and no answer waits to be taken.</summary>
/// <remarks>For one thread. Seen twice in a row, because a snapshot may miss an answer on its way from one place to the other.</remarks>
internal sealed class QuietWatch
{
    private int _row;

    /// <summary>Looks again.</summary>
    public bool Look(SignalsSnapshot now)
    {
        _row = now.CurrentInflight == 0 && now.Depths.Settling == 0 ? _row + 1 : 0;
        return _row >= 2;
    }
}
