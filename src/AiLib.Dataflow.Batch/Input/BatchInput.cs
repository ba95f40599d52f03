using System.Runtime.CompilerServices;
using AiLib.Dataflow.Batch.Input.Ids;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Batch.Parking;

namespace AiLib.Dataflow.Batch.Input;

/// <summary>Reads the requests of a file, one by one.</summary>
/// <remarks>Memory does not depend on the length of the file, but for about 2 bytes for each id: a batch must not have one twice. Older ids go to a file without a name in the system's
/// temporary directory; where none can be made, an id takes about 10 bytes.</remarks>
public static class BatchInput
{
    /// <summary>The longest line unless told otherwise, in bytes.</summary>
    public const int DefaultMaxLineBytes = LineSplitter.DefaultMaxLineBytes;

    /// <summary>The most that the longest line may be set to, in bytes.</summary>
    public const int HardMaxLineBytes = 64 * 1024 * 1024;

    /// <summary>Reads what is not blank.</summary>
    /// <param name="stream">The file; compressed with gzip or zstd, or not.</param>
    /// <param name="options">How it is read. Default: JSON lines, all of them.</param>
    /// <param name="maxLineBytes">The longest line; a longer one is skipped and reported.</param>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ConfigurationException">Thrown while reading: the options cannot be meant for this input.</exception>
    /// <exception cref="IOException">Thrown while reading: the file cannot be read, or its compressed data is damaged.</exception>
    public static IAsyncEnumerable<BatchLine> ReadAsync(
        Stream stream, BatchInputOptions? options = null, int maxLineBytes = DefaultMaxLineBytes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLineBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxLineBytes, HardMaxLineBytes);
        return ReadAloneAsync(stream, options ?? new BatchInputOptions(), maxLineBytes, cancellationToken);
    }

    /// <summary>Reads what is not blank, and says of each whether the ledger has it as done. With places, what was read before is passed over, but for those.</summary>
    internal static async IAsyncEnumerable<BatchLine> ReadAsync(
        Stream stream, BatchInputOptions options, int maxLineBytes, IdLedger ledger, ParkedPlaces? places, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        long place = -1;
        IInputEntries entries = await InputEntries.OpenAsync(stream, options, maxLineBytes, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        await using (entries.ConfigureAwait(Continuations.KeepContext))
        {
            while (await entries.MoveNextAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext))
            {
                place++;
                if (places is null || places.IsNew(place))
                {
                    yield return Read(entries, ledger) with { Place = place };
                }
                else if (places.Takes(place))
                {
                    yield return ReadAgain(entries) with { Place = place };
                }
            }
        }
    }

    /// <summary>Reads the lines of a job.</summary>
    internal static IAsyncEnumerable<BatchLine> ReadAsync(
        Stream stream, BatchJobOptions options, IdLedger ledger, ParkedPlaces? places, CancellationToken cancellationToken = default) =>
        ReadAsync(stream, options.Input.WithFormatOf(options.InputPath), options.MaxLineBytes, ledger, places, cancellationToken);

    private static async IAsyncEnumerable<BatchLine> ReadAloneAsync(
        Stream stream, BatchInputOptions options, int maxLineBytes, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using IdLedger ledger = new(static () => DiskFileSystem.Instance.OpenTemporary(Path.Combine(Path.GetTempPath(), "ailib.ids")));
        await foreach (BatchLine line in ReadAsync(stream, options, maxLineBytes, ledger, places: null, cancellationToken).ConfigureAwait(Continuations.KeepContext))
        {
            yield return line;
        }
    }

    /// <summary>An entry that was a request and the first with its id when it was read before, or the input has changed.</summary>
    private static BatchLine ReadAgain(IInputEntries entries) => entries.Parse(out BatchRequest? request) is null && request is not null
        ? new BatchLine(entries.Number, entries.Position, request, Error: null) { IsAgain = true }
        : throw new IOException($"Entry {entries.Number} of the input was a request and is none any more: the input changed while the job ran.");

    private static BatchLine Read(IInputEntries entries, IdLedger ledger)
    {
        BatchLineError? error = entries.Parse(out BatchRequest? request);
        bool isDone;
        if (request is null)
        {
            isDone = ledger.IsDone(BatchId.OfLine(entries.Number));
        }
        else if (!ledger.TrySee(request.Id, out isDone))
        {
            error = new BatchLineError(BatchLineErrors.DuplicateId, entries.Number, Column: 1, "An earlier line has the same custom_id.",
                "Give each line an id of its own.", request.CustomId);
            request = null;
            isDone = ledger.IsDone(BatchId.OfLine(entries.Number));
        }

        return new BatchLine(entries.Number, entries.Position, request, error) { IsDone = isDone };
    }
}
