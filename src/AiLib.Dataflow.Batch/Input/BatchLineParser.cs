using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Input;

/// <summary>
/// Reads one line in OpenAI's batch form: <c>custom_id</c>, <c>method</c>, <c>url</c> and <c>body</c>; or the body alone, whose id is then its line's number.
/// </summary>
/// <remarks>
/// Pure and without state. The body is checked to be an object and copied once, byte for byte; it is not rebuilt. Other keys are allowed and
/// ignored, but none may
/// stand there twice. The first error is reported, with the <c>custom_id</c> even where that comes later.
/// </remarks>
internal static class BatchLineParser
{
    /// <summary>Deeper JSON is refused.</summary>
    public const int MaxDepth = 64;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };

    /// <summary>Reads a line.</summary>
    /// <param name="line">Its bytes, without the line end.</param>
    /// <param name="number">Its number in the file.</param>
    /// <param name="url">The path of a body without an envelope; null for what its keys say.</param>
    /// <param name="request">The request, if it is one.</param>
    /// <returns>What is wrong with it; null when it is a request.</returns>
    public static BatchLineError? Parse(ReadOnlySpan<byte> line, long number, string? url, out BatchRequest? request)
    {
        request = null;
        if (!Utf8.IsValid(line))
        {
            return new BatchLineError(BatchLineErrors.InvalidJson, number, TextPlace.ColumnOf(line, TextPlace.FirstInvalid(line)),
                "The line is not valid UTF-8.", "Save the file as UTF-8.");
        }

        LineFields fields = new(line, url);
        try
        {
            fields.Read(new Utf8JsonReader(line, Options));
        }
        catch (JsonException exception)
        {
            // Everything else that was wrong follows from this, or matters less.
            return new BatchLineError(BatchLineErrors.InvalidJson, number, TextPlace.ColumnOf(line, exception.BytePositionInLine ?? 0),
                $"The line is not valid JSON: {BatchLineErrors.WithoutPosition(exception.Message)}", "Write one JSON object on one line.", fields.CustomId);
        }

        if (fields.Error is { } error)
        {
            return error.ToLineError(number, TextPlace.ColumnOf(line, error.Offset), fields.CustomId);
        }

        if (fields.IsBareBody)
        {
            request = new BatchRequest(string.Create(CultureInfo.InvariantCulture, $"line-{number}"), number, new ProviderRequest(fields.Path!, line.ToArray()));
            return null;
        }

        request = new BatchRequest(fields.CustomId!, number, new ProviderRequest(fields.Path!, line[fields.Body].ToArray()));
        return null;
    }
}
