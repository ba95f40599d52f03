using System.Runtime.ExceptionServices;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>Lines of both output files that are committed together, and counted when they are.</summary>
/// <remarks>
/// <para>
/// Lines are written by the thread that has them, and committed by a thread of its own while more are written: a commit takes about a millisecond, in which the
/// pipeline's slots would fill with answers that nobody takes. It waits a little for further lines, as a database does with its commits, because each
/// costs the processor as much as several answers. What is not committed is bounded: whoever has more waits.
/// </para>
/// <para>Lines that could not be committed are never counted: their requests run again.</para>
/// <para>Threading: one thread adds, writes, commits and disposes; it is not the one on which a failure is told.</para>
/// </remarks>
/// <param name="files">Where they go.</param>
/// <param name="tally">Counts them.</param>
/// <param name="most">So many may be written and not be committed.</param>
/// <param name="onFailed">Is told once what happened when lines could not be committed; whoever adds or commits next is told as well.</param>
internal sealed class LineGroup(JobFiles files, JobTally tally, int most, Action<string> onFailed) : IDisposable
{
    // A busy job commits a hundred times a second; only a power cut could tell the difference. Real time: the disk is no clock's.
    private static readonly TimeSpan SharingDelay = TimeSpan.FromMilliseconds(10);

    private readonly object _gate = new();

    // Only of the thread that adds: lines that are collected.
    private int _answers;
    private int _failures;
    private decimal _cost;
    private Thread? _thread;

    // Guarded by _gate: lines that are written and not taken, and those that are being committed.
    private int _answersWritten;
    private int _failuresWritten;
    private decimal _costWritten;
    private int _committing;
    private int _waiting;
    private OutputFailedException? _failure;
    private bool _isEnding;

    private int Uncommitted => _answersWritten + _failuresWritten + _committing;

    private bool IsUrgent => _waiting > 0 || Uncommitted >= most / 2;

    /// <summary>Adds the line of an answer.</summary>
    /// <param name="line">The line.</param>
    /// <param name="cost">What it says that the answer cost, in USD.</param>
    /// <exception cref="OutputFailedException">It, or one before, could not be written or committed.</exception>
    public void AddAnswer(ReadOnlySpan<byte> line, decimal cost = 0)
    {
        files.Results.Collect(line);
        _answers++;
        _cost += cost;
        WriteIfFull();
    }

    /// <summary>Adds the line of a failure.</summary>
    /// <exception cref="OutputFailedException">It, or one before, could not be written or committed.</exception>
    public void AddFailure(ReadOnlySpan<byte> line)
    {
        files.Errors.Collect(line);
        _failures++;
        WriteIfFull();
    }

    /// <summary>Writes the lines that were added, so that they survive the end of the process; they are committed and counted soon.</summary>
    /// <exception cref="OutputFailedException">They could not be written, or those before not committed.</exception>
    public void Write()
    {
        (int answers, int failures, decimal cost) = (_answers, _failures, _cost);
        if (answers + failures == 0)
        {
            return;
        }

        _answers = _failures = 0;
        _cost = 0;
        try
        {
            files.Results.Write();
            OnWritten(answers, 0, cost);
        }
        finally
        {
            // The one file may be full or broken and the other not.
            files.Errors.Write();
            OnWritten(0, failures, cost: 0);
        }
    }

    /// <summary>Makes sure of all lines that were added, and counts them.</summary>
    /// <exception cref="OutputFailedException">That was not possible for those of one file at least.</exception>
    public void Commit()
    {
        try
        {
            Write();
        }
        finally
        {
            WaitUntilUncommitted(0);
        }
    }

    /// <summary>Ends the thread that commits. What is not committed by then is not counted.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isEnding = true;
            Monitor.PulseAll(_gate);
        }

        _thread?.Join();
    }

    private void WriteIfFull()
    {
        if (_answers + _failures >= most)
        {
            Write();
        }
    }

    private void OnWritten(int answers, int failures, decimal cost)
    {
        if (!files.IsForced)
        {
            tally.OnAnswered(answers, cost);
            tally.OnFailed(failures);
            return;
        }

        _thread ??= Start();
        lock (_gate)
        {
            bool wasIdle = Uncommitted == 0;
            _answersWritten += answers;
            _failuresWritten += failures;
            _costWritten += cost;
            if (wasIdle || IsUrgent)
            {
                Monitor.PulseAll(_gate);
            }
        }

        WaitUntilUncommitted(most);
    }

    private void WaitUntilUncommitted(int atMost)
    {
        lock (_gate)
        {
            _waiting++;
            while (_failure is null && Uncommitted > atMost)
            {
                Monitor.PulseAll(_gate);
                Monitor.Wait(_gate);
            }

            _waiting--;
            if (_failure is not null)
            {
                ExceptionDispatchInfo.Throw(_failure);
            }
        }
    }

    // ── The thread that commits ─────────────────────────────────────────────────────────────────────────────────────────────────────

    private Thread Start()
    {
        Thread thread = new(Run) { IsBackground = true, Name = "ailib commit" };
        thread.Start();
        return thread;
    }

    private void Run()
    {
        try
        {
            while (Take(out int answers, out int failures, out decimal cost))
            {
                try
                {
                    files.Results.Force();
                    tally.OnAnswered(answers, cost);
                }
                finally
                {
                    files.Errors.Force();
                    tally.OnFailed(failures);
                }

                lock (_gate)
                {
                    _committing = 0;
                    Monitor.PulseAll(_gate);
                }
            }
        }
        catch (OutputFailedException failure)
        {
            lock (_gate)
            {
                _failure = failure;
                Monitor.PulseAll(_gate);
            }

            onFailed(failure.Message);
        }
    }

    /// <summary>The lines to commit next, when there are enough of them, or somebody waits, or they have waited long enough themselves.</summary>
    private bool Take(out int answers, out int failures, out decimal cost)
    {
        lock (_gate)
        {
            while (Uncommitted == 0 && !_isEnding)
            {
                Monitor.Wait(_gate);
            }

            // Woken before the time by whoever ends, waits, or makes it many.
            if (!_isEnding && !IsUrgent)
            {
                Monitor.Wait(_gate, SharingDelay);
            }

            (answers, failures, cost) = (_answersWritten, _failuresWritten, _costWritten);
            _answersWritten = _failuresWritten = 0;
            _costWritten = 0;
            _committing = answers + failures;
            return !_isEnding;
        }
    }
}
