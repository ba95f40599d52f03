using Parquet;
using Parquet.Schema;

namespace AiLib.Dataflow.Batch.Input.Rows;

/// <summary>The rows of a Parquet file, one group of rows in memory at a time, and of that only the columns that are named.</summary>
internal sealed class ParquetRows : IInputEntries
{
    // A group is read whole, so it must fit. Writers make groups of some 128 MiB over all columns.
    private const long MaxGroupBytes = 512L * 1024 * 1024;

    // A row costs a place in an array even where the file says in three bytes that a billion of them are missing.
    private const long MaxGroupRows = 10_000_000;

    private readonly Stream _stream;
    private readonly ParquetReader _reader;
    private readonly TableRequests _requests;
    private readonly DataField[] _fields;
    private readonly int _maxRowBytes;

    // The group that is being read: a text for each row of the columns that are used.
    private readonly string?[]?[] _values;
    private int _nextGroup;
    private int _rowsInGroup;
    private int _rowInGroup;

    private ParquetRows(Stream stream, ParquetReader reader, TableRequests requests, DataField[] fields, int maxRowBytes)
    {
        _stream = stream;
        _reader = reader;
        _requests = requests;
        _fields = fields;
        _maxRowBytes = maxRowBytes;
        _values = new string?[]?[fields.Length];
    }

    /// <inheritdoc/>
    public long Number { get; private set; }

    /// <inheritdoc/>
    public long Position => _nextGroup == 0 ? 0 : (long)(_stream.Length * ((_nextGroup - 1 + ((double)_rowInGroup / _rowsInGroup)) / _reader.RowGroupCount));

    /// <summary>Reads what columns there are.</summary>
    /// <exception cref="ConfigurationException">It cannot be read, or does not have what is asked for.</exception>
    public static async ValueTask<ParquetRows> OpenAsync(Stream stream, BatchInputOptions options, int maxRowBytes, CancellationToken cancellationToken)
    {
        if (!stream.CanSeek)
        {
            throw new ConfigurationException(["A Parquet file is read from its end: name a file that is not compressed again, not a pipe."]);
        }

        (ParquetReader reader, DataField[] fields) = await OpenReaderAsync(stream, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        try
        {
            TableRequests requests = new([.. fields.Select(field => field.Path.ToString())], options);
            string[] problems = [.. requests.Used.Select(place => fields[place]).Where(field => !ParquetColumn.IsReadable(field)).Select(field =>
                $"The column '{field.Path}' cannot be written as text ({(field.IsArray || field.MaxRepetitionLevel > 0 ? "a list" : field.ClrType.Name)}); name one of texts, numbers, truth values or times.")];
            if (problems.Length > 0)
            {
                requests.Dispose();
                throw new ConfigurationException(problems);
            }

            return new ParquetRows(stream, reader, requests, fields, maxRowBytes);
        }
        catch
        {
            await reader.DisposeAsync().ConfigureAwait(Continuations.KeepContext);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        while (_rowInGroup == _rowsInGroup)
        {
            if (_nextGroup == _reader.RowGroupCount)
            {
                return false;
            }

            await ReadGroupAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }

        _rowInGroup++;
        Number++;
        return true;
    }

    /// <inheritdoc/>
    public BatchLineError? Parse(out BatchRequest? request)
    {
        BatchLineError? error = _requests.Parse(Number, Number, place => _values[place]![_rowInGroup - 1], out request);
        if (request is not { Request.Body.Length: { } length } || length <= _maxRowBytes)
        {
            return error;
        }

        request = null;
        return JsonLines.TooLong(Number, length, _maxRowBytes);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _requests.Dispose();
        await _reader.DisposeAsync().ConfigureAwait(Continuations.KeepContext);
    }

    private static async Task<(ParquetReader Reader, DataField[] Fields)> OpenReaderAsync(Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            ParquetReader reader = await ParquetReader.CreateAsync(stream, leaveStreamOpen: true, cancellationToken: cancellationToken).ConfigureAwait(Continuations.KeepContext);
            return (reader, reader.Schema.DataFields);
        }
        catch (Exception damage) when (damage is not (OperationCanceledException or OutOfMemoryException))
        {
            // The library has no exception of its own for what is no Parquet file: it fails wherever the bytes lead it.
            throw new ConfigurationException([$"The input is not a Parquet file that can be read: {damage.Message}"]);
        }
    }

    private async Task ReadGroupAsync(CancellationToken cancellationToken)
    {
        using ParquetRowGroupReader group = _reader.OpenRowGroupReader(_nextGroup);
        long bytes = _requests.Used.Sum(place => Math.Max(0, group.GetMetadata(_fields[place])?.MetaData?.TotalUncompressedSize ?? 0));
        if (bytes > MaxGroupBytes || group.RowCount is < 0 or > MaxGroupRows)
        {
            throw new IOException(FormattableString.Invariant(
                $"Row group {_nextGroup + 1} of the input holds {group.RowCount} rows and {bytes} bytes in the columns of the prompt; at most {MaxGroupRows} and {MaxGroupBytes} are read at once. Write the file with smaller row groups."));
        }

        try
        {
            foreach (int place in _requests.Used)
            {
                // The old texts first: two groups at once would be twice the memory.
                _values[place] = null;
                _values[place] = await ParquetColumn.ReadAsync(group, _fields[place], cancellationToken).ConfigureAwait(Continuations.KeepContext);
            }
        }
        catch (Exception damage) when (damage is not (OperationCanceledException or OutOfMemoryException))
        {
            // As above: damage shows as whatever the bytes lead to.
            throw new IOException(FormattableString.Invariant($"Row group {_nextGroup + 1} of the input cannot be read: {damage.Message}"), damage);
        }

        _nextGroup++;
        _rowsInGroup = (int)group.RowCount;
        _rowInGroup = 0;
    }
}
