using System.Buffers;
using System.Globalization;
using System.Text.Unicode;
using AiLib.Dataflow.Batch.Input.Compression;

namespace AiLib.Dataflow.Batch.Input.Rows;

/// <summary>The records of a CSV file behind the one that names its columns.</summary>
internal sealed class CsvRows : IInputEntries
{
    private static readonly byte[] Delimiters = [(byte)',', (byte)';', (byte)'\t'];

    private readonly InputStream _input;
    private readonly CsvSplitter _splitter;
    private readonly TableRequests _requests;
    private readonly int _columns;
    private readonly int _maxRecordBytes;
    private readonly List<Range> _places = [];
    private long _row;

    private CsvRows(InputStream input, CsvSplitter splitter, TableRequests requests, int columns, int maxRecordBytes)
    {
        _input = input;
        _splitter = splitter;
        _requests = requests;
        _columns = columns;
        _maxRecordBytes = maxRecordBytes;
    }

    /// <inheritdoc/>
    public long Number => _splitter.Current.Line;

    /// <inheritdoc/>
    public long Position => _input.PositionOf(_splitter.Current.End);

    /// <summary>Reads the names of the columns.</summary>
    /// <exception cref="ConfigurationException">There are none, or not those that are asked for.</exception>
    public static async ValueTask<CsvRows> OpenAsync(InputStream input, BatchInputOptions options, int maxRecordBytes, CancellationToken cancellationToken)
    {
        CsvSplitter splitter = new(input.Content, maxRecordBytes);
        bool hasHeader = await splitter.MoveNextAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext);
        if (!hasHeader || splitter.Current is not { State: CsvRecordState.Whole, IsBlank: false } header || !Utf8.IsValid(header.Content.Span))
        {
            throw new ConfigurationException(["The input does not begin with the names of its columns; write them into its first line, separated by commas."]);
        }

        splitter.Delimiters = DelimiterOf(header.Content.Span);
        List<Range> places = [];
        CsvRecord.Split(header.Content.Span, splitter.Delimiters, places);
        string[] names = [.. places.Select(place => CsvRecord.TextOf(header.Content.Span[place]))];
        return new CsvRows(input, splitter, new TableRequests(names, options), names.Length, maxRecordBytes);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        while (await _splitter.MoveNextAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext))
        {
            if (!_splitter.Current.IsBlank)
            {
                _row++;
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public BatchLineError? Parse(out BatchRequest? request)
    {
        request = null;
        CsvRecord record = _splitter.Current;
        switch (record.State)
        {
            case CsvRecordState.TooLong:
                return JsonLines.TooLong(record.Line, record.End - record.Offset, _maxRecordBytes);
            case CsvRecordState.Unclosed:
                return Wrong("A quote is opened in this record and never closed, so all that follows is in it.", "Close the quote; write a quote within quotes twice.");
            case CsvRecordState.TextAfterQuote:
                return Wrong("Something stands between a closing quote and the end of its value.", "Write a quote within quotes twice.");
            default:
                break;
        }

        if (!Utf8.IsValid(record.Content.Span))
        {
            int at = TextPlace.FirstInvalid(record.Content.Span);
            return new BatchLineError(
                BatchLineErrors.InvalidRow, record.Line, TextPlace.ColumnOf(record.Content.Span, at), "The record is not valid UTF-8.", "Save the file as UTF-8.");
        }

        CsvRecord.Split(record.Content.Span, _splitter.Delimiters, _places);
        return _places.Count == _columns
            ? _requests.Parse(record.Line, _row, place => CsvRecord.TextOf(record.Content.Span[_places[place]]), out request)
            : Wrong(
                string.Create(CultureInfo.InvariantCulture, $"The record has {_places.Count} values; the file has {_columns} columns."),
                "Put values with commas or line ends in quotes, and write every value.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _requests.Dispose();
        await _input.DisposeAsync().ConfigureAwait(Continuations.KeepContext);
    }

    /// <summary>What stands between the names, the comma unless another stands there more often.</summary>
    private static SearchValues<byte> DelimiterOf(ReadOnlySpan<byte> header)
    {
        byte best = Delimiters[0];
        int most = -1;
        List<Range> places = [];
        foreach (byte delimiter in Delimiters)
        {
            CsvRecord.Split(header, SearchValues.Create([delimiter]), places);
            if (places.Count > most)
            {
                most = places.Count;
                best = delimiter;
            }
        }

        return SearchValues.Create([best]);
    }

    private BatchLineError Wrong(string problem, string cure) => new(BatchLineErrors.InvalidRow, _splitter.Current.Line, Column: 1, problem, cure);
}
