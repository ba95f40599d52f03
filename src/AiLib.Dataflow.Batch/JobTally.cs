using AiLib.Dataflow.Batch.Spend;

namespace AiLib.Dataflow.Batch;

/// <summary>The running counts of a job.</summary>
/// <remarks>
/// Threading: the input's reader moves what is read, skipped and bad; the results' consumer what is answered and failed. Anyone reads; a reader may
/// be behind by what
/// is being counted just now, which shows only in a progress line.
/// </remarks>
internal sealed class JobTally
{
    private readonly long _inputBytes;
    private readonly long _alreadyFailed;
    private readonly SpendMeter _spend;

    // Written by the input's reader.
    private long _linesRead;
    private long _bytesRead;
    private long _badLines;
    private long _alreadyDone;

    // Written by the results' consumer.
    private long _inputTokens;
    private long _outputTokens;
    private long _answered;
    private long _failed;

    private volatile string? _lastFailure;

    // The consumer's own.
    private decimal _costOfAnswers;

    public JobTally(long inputBytes, long alreadyFailed, SpendMeter spend)
    {
        _spend = spend;
        _inputBytes = inputBytes;
        _alreadyFailed = alreadyFailed;
    }

    /// <summary>The counts now.</summary>
    public BatchJobCounts Read() => new()
    {
        LinesRead = Volatile.Read(ref _linesRead),
        InputTokens = Volatile.Read(ref _inputTokens),
        OutputTokens = Volatile.Read(ref _outputTokens),
        BytesRead = Volatile.Read(ref _bytesRead),
        InputBytes = _inputBytes,
        Answered = Volatile.Read(ref _answered),
        Failed = Volatile.Read(ref _failed),
        BadLines = Volatile.Read(ref _badLines),
        AlreadyDone = Volatile.Read(ref _alreadyDone),
        AlreadyFailed = _alreadyFailed,
        Spend = _spend.HasPrices ? _spend.Read() : null,
    };

    /// <summary>What the answers cost whose lines were written, in USD. For the consumer, or when the run has ended.</summary>
    public decimal CostOfAnswers => _costOfAnswers;

    /// <summary>Why the last request failed that did, in a sentence or two; null when none has. Only for people to look at.</summary>
    public string? LastFailure => _lastFailure;

    /// <summary>A line was read, up to this byte of the input.</summary>
    public void OnLine(long end)
    {
        Volatile.Write(ref _linesRead, _linesRead + 1);
        Volatile.Write(ref _bytesRead, end);
    }

    /// <summary>A line was skipped, because an earlier run has written what came of it.</summary>
    public void OnSkipped() => Volatile.Write(ref _alreadyDone, _alreadyDone + 1);

    /// <summary>An answer took so many LLM tokens.</summary>
    public void OnUsage(Providers.TokenUsage usage)
    {
        Volatile.Write(ref _inputTokens, _inputTokens + usage.InputTokens);
        Volatile.Write(ref _outputTokens, _outputTokens + usage.OutputTokens);
    }

    /// <summary>A line that is no request was written as an error.</summary>
    public void OnBadLine() => Volatile.Write(ref _badLines, _badLines + 1);

    /// <summary>So many answers were written, whose lines say that they cost so much.</summary>
    public void OnAnswered(int count, decimal cost)
    {
        Volatile.Write(ref _answered, _answered + count);
        _costOfAnswers += cost;
    }

    /// <summary>A request failed, for this reason.</summary>
    public void OnFailure(string why) => _lastFailure = why;

    /// <summary>So many failures were written.</summary>
    public void OnFailed(int count) => Volatile.Write(ref _failed, _failed + count);
}
