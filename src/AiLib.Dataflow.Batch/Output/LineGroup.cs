namespace AiLib.Dataflow.Batch.Output;

/// <summary>Lines of both output files that are committed together, and counted when they are.</summary>
/// <remarks>One thread. Lines that could not be committed are never counted: their requests run again.</remarks>
/// <param name="files">Where they go.</param>
/// <param name="tally">Counts them.</param>
/// <param name="most">So many are committed at the latest.</param>
internal sealed class LineGroup(JobFiles files, JobTally tally, int most)
{
    private int _answers;
    private int _failures;

    /// <summary>Adds the line of an answer.</summary>
    /// <exception cref="OutputFailedException">It, or the group, could not be written.</exception>
    public void AddAnswer(ReadOnlySpan<byte> line)
    {
        files.Results.Collect(line);
        _answers++;
        CommitIfFull();
    }

    /// <summary>Adds the line of a failure.</summary>
    /// <exception cref="OutputFailedException">It, or the group, could not be written.</exception>
    public void AddFailure(ReadOnlySpan<byte> line)
    {
        files.Errors.Collect(line);
        _failures++;
        CommitIfFull();
    }

    /// <summary>Makes sure of the lines that were added, and counts them.</summary>
    /// <exception cref="OutputFailedException">That was not possible for those of one file at least.</exception>
    public void Commit()
    {
        int answers = _answers;
        int failures = _failures;
        _answers = _failures = 0;
        try
        {
            files.Results.Commit();
            tally.OnAnswered(answers);
        }
        finally
        {
            // The one file may be full or broken and the other not.
            files.Errors.Commit();
            tally.OnFailed(failures);
        }
    }

    private void CommitIfFull()
    {
        if (_answers + _failures >= most)
        {
            Commit();
        }
    }
}
