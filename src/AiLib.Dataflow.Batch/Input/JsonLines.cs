using System.Globalization;
using AiLib.Dataflow.Batch.Input.Compression;

namespace AiLib.Dataflow.Batch.Input;

/// <summary>Lines of JSON, one after another.</summary>
internal sealed class JsonLines(InputStream input, string? url, int maxLineBytes) : IInputEntries
{
    private readonly LineSplitter _splitter = new(input.Content, maxLineBytes);

    /// <inheritdoc/>
    public long Number => _splitter.Current.Number;

    /// <inheritdoc/>
    public long Position => input.PositionOf(_splitter.Current.End);

    /// <inheritdoc/>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        while (await _splitter.MoveNextAsync(cancellationToken).ConfigureAwait(Continuations.KeepContext))
        {
            if (!_splitter.Current.IsBlank)
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public BatchLineError? Parse(out BatchRequest? request) => Parse(_splitter.Current, url, maxLineBytes, out request);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => input.DisposeAsync();

    /// <summary>Makes a request of a line.</summary>
    public static BatchLineError? Parse(in SplitLine line, string? url, int maxLineBytes, out BatchRequest? request)
    {
        request = null;
        return line.IsTooLong ? TooLong(line.Number, line.Length, maxLineBytes) : BatchLineParser.Parse(line.Content.Span, line.Number, url, out request);
    }

    /// <summary>The error of an entry that is too long.</summary>
    public static BatchLineError TooLong(long number, long length, int maxLineBytes) => new(BatchLineErrors.LineTooLong, number, Column: 1,
        string.Create(CultureInfo.InvariantCulture, $"The line is {length} bytes long; at most {maxLineBytes} are allowed."),
        "Split the request, or send it outside the batch.");
}
