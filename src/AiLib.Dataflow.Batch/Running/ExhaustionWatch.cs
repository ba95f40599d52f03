using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Running;

/// <summary>Says when failures of key or quota in a row mean that no request will get through.</summary>
/// <remarks>
/// <para>Pure but for its count. Such failures are held back, not written: the key or the quota is at fault and not the request, which runs again when the job is
/// continued. If something else follows after all, they were the requests' own and are written.</para>
/// <para>For one thread.</para>
/// </remarks>
internal sealed class ExhaustionWatch
{
    /// <summary>So many in a row without any answer before: the key is wrong.</summary>
    public const int RowBeforeFirstAnswer = 3;

    /// <summary>So many refusals of the key in a row, whatever was before: it was revoked.</summary>
    public const int RowOfKeys = 3;

    /// <summary>So many in a row after answers: the quota has run out.</summary>
    public const int RowAfterAnswers = 20;

    private int _row;
    private int _keyRow;
    private bool _hasAnswer;

    /// <summary>Looks at what came of a request.</summary>
    /// <param name="isAnswered">Whether it was answered.</param>
    /// <param name="code">Else the code of its failure.</param>
    public ExhaustionVerdict Look(bool isAnswered, ProviderErrorCode code)
    {
        if (isAnswered || code is not (ProviderErrorCode.Authentication or ProviderErrorCode.QuotaExhausted))
        {
            _hasAnswer |= isAnswered;
            _row = _keyRow = 0;
            return ExhaustionVerdict.Write;
        }

        _row++;
        _keyRow = code == ProviderErrorCode.Authentication ? _keyRow + 1 : 0;
        return _keyRow >= RowOfKeys || _row >= (_hasAnswer ? RowAfterAnswers : RowBeforeFirstAnswer) ? ExhaustionVerdict.Stop : ExhaustionVerdict.Hold;
    }
}

/// <summary>What to do with a request's line.</summary>
internal enum ExhaustionVerdict
{
    /// <summary>Write it, after those that were held back.</summary>
    Write,

    /// <summary>Hold it back.</summary>
    Hold,

    /// <summary>Drop it with those held back, and stop the job.</summary>
    Stop,
}
