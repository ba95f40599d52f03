using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;

namespace AiLib.Dataflow.Batch.Export;

/// <summary>What stands in the results and the errors of a job, over all of its runs, summed up.</summary>
/// <remarks>Immutable. Read from the lines alone, so it can be had of a job whose input and settings are gone; of lines that do not say something, that is not counted.</remarks>
public sealed class BatchTotals
{
    /// <summary>Lines in the results.</summary>
    public required long Answered { get; init; }

    /// <summary>Lines in the errors.</summary>
    public required long Failed { get; init; }

    /// <summary>Results among them that are copies of another request's answer (<see cref="BatchJobOptions.Dedupe"/>).</summary>
    public required long Copies { get; init; }

    /// <summary>Lines of either file that could not be read, which is so for a line that is being written.</summary>
    public required long Unreadable { get; init; }

    /// <summary>Results that say how many LLM tokens they took.</summary>
    public required long AnswersWithTokens { get; init; }

    /// <summary>LLM tokens of their prompts.</summary>
    public required long InputTokens { get; init; }

    /// <summary>LLM tokens of their answers.</summary>
    public required long OutputTokens { get; init; }

    /// <summary>Results that say what they cost.</summary>
    public required long AnswersWithCost { get; init; }

    /// <summary>What they cost, in USD. Attempts that brought no answer are not in it.</summary>
    public required decimal CostUsd { get; init; }

    /// <summary>How many results each target gave, by its id; at most 1,000 ids.</summary>
    public required IReadOnlyDictionary<string, long> AnsweredBy { get; init; }

    /// <summary>How many results took how many attempts.</summary>
    public required IReadOnlyDictionary<long, long> AttemptsOfAnswers { get; init; }

    /// <summary>How long results took from reading the request to the answer: half of them at most so long, nine in ten, 99 in 100, and the longest. Null when no line says.</summary>
    public required (TimeSpan P50, TimeSpan P90, TimeSpan P99, TimeSpan Longest)? Latency { get; init; }

    /// <summary>The kinds of errors, the most frequent first.</summary>
    public required IReadOnlyList<BatchErrorKind> ErrorKinds { get; init; }

    /// <summary>Reads the files. Those of a job that runs are read as far as they have come.</summary>
    /// <param name="resultsPath">The results.</param>
    /// <param name="errorsPath">The errors; null when it is not known where they are. There may be no such file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static async Task<BatchTotals> ReadAsync(string resultsPath, string? errorsPath, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resultsPath);
        TotalsReader totals = new();
        await EachLineAsync(resultsPath, totals.AddResult, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        if (errorsPath is not null && File.Exists(errorsPath))
        {
            await EachLineAsync(errorsPath, totals.AddError, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }

        return totals.ToTotals();
    }

    private static async Task EachLineAsync(string path, Action<ReadOnlyMemory<byte>> add, CancellationToken cancellationToken)
    {
        Stream stream = DiskFileSystem.Instance.OpenRead(path);
        await using (stream.ConfigureAwait(Continuations.KeepContext))
        {
            LineSplitter lines = new(stream, OutputRecovery.MaxLineBytes);
            while (await lines.MoveNextAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext))
            {
                if (!lines.Current.IsBlank)
                {
                    add(lines.Current.Content);
                }
            }
        }
    }
}

/// <summary>Errors of one kind. Immutable.</summary>
public sealed class BatchErrorKind
{
    /// <summary>The HTTP status; null without an HTTP answer.</summary>
    public required int? Status { get; init; }

    /// <summary>The code as it stands in the errors file; null when there is none.</summary>
    public required string? Code { get; init; }

    /// <summary>How many there are.</summary>
    public required long Count { get; init; }

    /// <summary>The first few of them.</summary>
    public required IReadOnlyList<BatchErrorExample> Examples { get; init; }
}

/// <summary>One error. Immutable. What it says was written by others: whoever shows it must make it harmless.</summary>
public sealed class BatchErrorExample
{
    /// <summary>Whose it is; null for a line that had no id.</summary>
    public required string? CustomId { get; init; }

    /// <summary>What it says, without keys, cut to 500 characters; null when it says nothing.</summary>
    public required string? Message { get; init; }

    /// <summary>Who said so; null when the line does not tell.</summary>
    public required string? Target { get; init; }
}
