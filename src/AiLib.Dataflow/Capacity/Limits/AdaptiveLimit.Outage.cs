namespace AiLib.Dataflow.Capacity.Limits;

/// <content>
/// An attempt that is rejected though nothing else was in flight was not one too many: the target was out, or a quota was used up. The cuts before it have
/// nothing to do with how much the target takes, so with the first answer the limit is on its way back to where they began. Several cuts without an answer in
/// between may be the same, so one turn of answers after them is enough to try.
/// </content>
public sealed partial class AdaptiveLimit
{
    // So many answers after several cuts are a turn, however few are in flight.
    private const int LeastTurn = 3;

    // Cuts that leave less are not for noise, so they end a trial.
    private const double Deep = 0.25;

    // So much of the level is back at once, the rest by one for each answer: two turns more.
    private const double AtOnce = 0.25;

    // Before the first of the cuts between which nothing was answered that was sent after one of them; how many cuts there were; how many such answers since.
    private Place _beforeCuts;
    private int _cutsInRow;
    private int _answersSinceCut = 1;

    // The end of the last attempt that was rejected though it was alone, while the target is believed to be out.
    private TimeSpan? _outAt;

    private bool IsDeep => _current <= Deep * _beforeCuts.Current;

    /// <summary>Remembers where cuts begin that may turn out to be an outage.</summary>
    private void NoteCut()
    {
        if (_answersSinceCut > 0)
        {
            _beforeCuts = new Place(_phase, _current, _home, _ceiling, _isCeilingDoubtful);
            _cutsInRow = 0;
        }

        _cutsInRow = Math.Min(_cutsInRow + 1, 2);
        _answersSinceCut = 0;
    }

    private void NoteRejection(in AttemptSample sample)
    {
        if (sample.InFlight <= 1 && _answersSinceCut == 0 && !_noise.IsKnown)
        {
            _outAt = sample.Over;
        }
    }

    /// <summary>Learns from an answer that an outage is over.</summary>
    private void NoteAnswer(in AttemptSample sample)
    {
        if (!_burst.IsNews(sample))
        {
            return;
        }

        _answersSinceCut = Math.Min(_answersSinceCut + 1, LimitRange.Most);
        bool isBack = _outAt is { } outAt ? sample.Began > outAt : _cutsInRow > 1 && (_trial is null || IsDeep) && _answersSinceCut >= Math.Max(LeastTurn, _current);
        if (isBack)
        {
            _outAt = null;
            _cutsInRow = 0;
            _trial = null;
            _top = null;
            _current = Math.Max(_current, (int)(AtOnce * _beforeCuts.Current));
            Return(_beforeCuts);
        }
    }
}
