namespace AiLib.Dataflow.Capacity.Limits;

/// <summary>Makes one cut of one burst: attempts that began before the last cut say nothing about the limit after it.</summary>
internal struct BurstGuard
{
    private TimeSpan? _cutAt;
    private TimeSpan? _cutBefore;

    /// <summary>Whether the attempt began after the last cut, so that its rejection may cause another one.</summary>
    /// <remarks>Not at the instant of the cut either: what is sent then still goes to a target that is full of what was sent before.</remarks>
    public readonly bool IsNews(in AttemptSample sample) => _cutAt is not { } cutAt || sample.Began > cutAt;

    /// <summary>Whether the attempt was in flight at the last cut, and began at the level that was cut: not before the cut before it.</summary>
    public readonly bool IsOfLastCut(in AttemptSample sample) => !IsNews(sample) && (_cutBefore is not { } before || sample.Began > before);

    /// <summary>A cut was made because of this attempt.</summary>
    public void Cut(in AttemptSample sample)
    {
        _cutBefore = _cutAt;
        if (_cutAt is not { } cutAt || sample.Over > cutAt)
        {
            _cutAt = sample.Over;
        }
    }
}
