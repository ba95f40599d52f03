using System.Globalization;
using System.Runtime.CompilerServices;

namespace AiLib.Dataflow.Batch.Input;

/// <summary>Reads a file in OpenAI's batch form, line by line.</summary>
/// <remarks>Memory does not depend on the length of the file, but for at most 24 bytes for each id: a batch must not have one twice.</remarks>
public static class BatchInput
{
    /// <summary>The longest line unless told otherwise, in bytes.</summary>
    public const int DefaultMaxLineBytes = LineSplitter.DefaultMaxLineBytes;

    /// <summary>The most that the longest line may be set to, in bytes.</summary>
    public const int HardMaxLineBytes = 64 * 1024 * 1024;

    /// <summary>Reads the lines that are not blank.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="maxLineBytes">The longest line; a longer one is skipped and reported.</param>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    public static IAsyncEnumerable<BatchLine> ReadAsync(
        Stream stream, int maxLineBytes = DefaultMaxLineBytes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLineBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxLineBytes, HardMaxLineBytes);
        return ReadAsync(stream, maxLineBytes, new IdLedger(), cancellationToken);
    }

    /// <summary>Reads the lines that are not blank, and says of each whether the ledger has it as done.</summary>
    internal static async IAsyncEnumerable<BatchLine> ReadAsync(
        Stream stream, int maxLineBytes, IdLedger ledger, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        LineSplitter splitter = new(stream, maxLineBytes);
        while (await splitter.MoveNextAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext))
        {
            if (!splitter.Current.IsBlank)
            {
                yield return Read(splitter.Current, maxLineBytes, ledger);
            }
        }
    }

    private static BatchLine Read(in SplitLine line, int maxLineBytes, IdLedger ledger)
    {
        BatchRequest? request = null;
        BatchLineError? error = line.IsTooLong
            ? TooLong(line, maxLineBytes)
            : BatchLineParser.Parse(line.Content.Span, line.Number, out request);
        bool isDone;
        if (request is null)
        {
            isDone = ledger.IsDone(BatchId.OfLine(line.Number));
        }
        else if (!ledger.TrySee(request.Id, out isDone))
        {
            error = new BatchLineError(BatchLineErrors.DuplicateId, line.Number, Column: 1, "An earlier line has the same custom_id.",
                "Give each line an id of its own.", request.CustomId);
            request = null;
            isDone = ledger.IsDone(BatchId.OfLine(line.Number));
        }

        return new BatchLine(line.Number, line.End, request, error) { IsDone = isDone };
    }

    private static BatchLineError TooLong(in SplitLine line, int maxLineBytes) => new(BatchLineErrors.LineTooLong, line.Number, Column: 1,
        string.Create(CultureInfo.InvariantCulture, $"The line is {line.Length} bytes long; at most {maxLineBytes} are allowed."),
        "Split the request, or send it outside the batch.");
}
