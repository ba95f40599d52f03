using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Input;

/// <summary>The fields of one line as they are found, and the first thing that is wrong with them.</summary>
internal ref struct LineFields(ReadOnlySpan<byte> line, string? url)
{
    private const string FieldList = "custom_id, method, url and body";
    private const Fields AllFields = Fields.CustomId | Fields.Method | Fields.Url | Fields.Body;

    // The allowed paths as they stand in a line, so that finding one makes no text.
    private static readonly (byte[] Text, string Path)[] Paths = [.. ProviderPaths.All.Select(path => (Encoding.UTF8.GetBytes(path), path))];

    // What a body has, and nothing else that could stand on a line.
    private static readonly string[] BodyKeys = ["messages", "prompt", "input"];

    private readonly ReadOnlySpan<byte> _line = line;
    private readonly string? _url = url;
    private Fields _seen;
    private HashSet<string>? _others;

    [Flags]
    private enum Fields
    {
        None = 0,
        CustomId = 1,
        Method = 2,
        Url = 4,
        Body = 8,
    }

    /// <summary>The <c>custom_id</c>; null when it is missing or unusable.</summary>
    public string? CustomId { get; private set; }

    /// <summary>Whether the line is the body alone: it has none of the four fields, but one that only bodies have.</summary>
    public readonly bool IsBareBody => _seen == Fields.None && _others is not null && Array.Exists(BodyKeys, _others.Contains);

    /// <summary>The allowed path that <c>url</c> is, or that the body alone is for.</summary>
    public string? Path { get; private set; }

    /// <summary>Where the body stands in the line.</summary>
    public Range Body { get; private set; }

    /// <summary>The first error.</summary>
    public FieldError? Error { get; private set; }

    /// <summary>Reads all fields.</summary>
    /// <exception cref="JsonException">The line is not JSON.</exception>
    public void Read(Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Fail(BatchLineErrors.InvalidJson, reader.TokenStartIndex, "The line is not a JSON object.", $"Write an object with {FieldList}.");
            reader.Skip();
            reader.Read();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadField(ref reader);
        }

        // Nothing may follow the object; the reader throws when something does.
        reader.Read();
        RequireAll();
    }

    private void ReadField(ref Utf8JsonReader reader)
    {
        long nameAt = reader.TokenStartIndex;
        Fields field = reader.ValueTextEquals("custom_id"u8) ? Fields.CustomId
            : reader.ValueTextEquals("method"u8) ? Fields.Method
            : reader.ValueTextEquals("url"u8) ? Fields.Url
            : reader.ValueTextEquals("body"u8) ? Fields.Body
            : Fields.None;
        bool isTwice = field == Fields.None ? !(_others ??= new(StringComparer.Ordinal)).Add(NameOf(ref reader)) : (_seen & field) != Fields.None;
        if (isTwice)
        {
            Fail(BatchLineErrors.DuplicateKey, nameAt, "The same key stands there twice.", "Keep one of them.");
        }

        _seen |= field;
        reader.Read();
        switch (isTwice ? Fields.None : field)
        {
            case Fields.CustomId:
                ReadCustomId(ref reader);
                break;
            case Fields.Method:
                ReadMethod(ref reader);
                break;
            case Fields.Url:
                ReadUrl(ref reader);
                break;
            case Fields.Body:
                ReadBody(ref reader);
                break;
            default:
                reader.Skip();
                break;
        }
    }

    private void ReadCustomId(ref Utf8JsonReader reader)
    {
        string? id = TextOf(ref reader);
        if (CustomIds.IsUsable(id))
        {
            CustomId = id;
            return;
        }

        Fail(BatchLineErrors.InvalidId, reader.TokenStartIndex, "The custom_id cannot be used.", CustomIds.Cure);
        reader.Skip();
    }

    private void ReadMethod(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || !reader.ValueTextEquals("POST"u8))
        {
            Fail(BatchLineErrors.InvalidMethod, reader.TokenStartIndex, "The method is not POST.", "Write \"method\":\"POST\".");
            reader.Skip();
        }
    }

    // The path is a key into a list. It is not repeated in the message: it came from outside and may be anything.
    private void ReadUrl(ref Utf8JsonReader reader)
    {
        if (PathOf(ref reader) is { } path)
        {
            Path = path;
            return;
        }

        Fail(BatchLineErrors.UrlMismatch, reader.TokenStartIndex, "The url is not one of the allowed paths; it is a path, never an address.",
            $"Write one of {string.Join(", ", ProviderPaths.All)}.");
        reader.Skip();
    }

    private void ReadBody(ref Utf8JsonReader reader)
    {
        int start = (int)reader.TokenStartIndex;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Fail(BatchLineErrors.InvalidBody, start, "The body is not a JSON object.", "Write the request's JSON object itself, not a string.");
        }

        reader.Skip();
        Body = start..(int)reader.BytesConsumed;
    }

    private void RequireAll()
    {
        if (IsBareBody)
        {
            FindPath();
        }
        else if ((_seen & AllFields) != AllFields)
        {
            string missing = string.Join(", ", MissingNames());
            Fail(BatchLineErrors.MissingField, _line.Length, $"The line has no {missing}.", $"Write an object with {FieldList}.");
        }
    }

    /// <summary>Says what a body alone is for.</summary>
    private void FindPath()
    {
        Path = _url ?? (_others!.Contains("messages") ? "/v1/chat/completions" : _others.Contains("prompt") ? "/v1/completions" : null);
        if (Path is null)
        {
            Fail(BatchLineErrors.UrlMismatch, 0, "The line is a body alone, and several operations take an 'input'.",
                "Name the path for such lines (--url), such as /v1/embeddings, or write the line with custom_id, method, url and body.");
        }
    }

    private readonly List<string> MissingNames()
    {
        List<string> missing = [];
        foreach ((Fields field, string name) in new[]
            { (Fields.CustomId, "custom_id"), (Fields.Method, "method"), (Fields.Url, "url"), (Fields.Body, "body") })
        {
            if ((_seen & field) == Fields.None)
            {
                missing.Add(name);
            }
        }

        return missing;
    }

    private void Fail(string code, long offset, string problem, string cure) => Error ??= new FieldError(code, offset, problem, cure);

    /// <summary>The allowed path that a string is; null when it is none of them.</summary>
    private static string? PathOf(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return null;
        }

        try
        {
            foreach ((byte[] text, string path) in Paths)
            {
                if (reader.ValueTextEquals(text))
                {
                    return path;
                }
            }
        }
        catch (InvalidOperationException)
        {
            // What the platform throws for escapes that are no text.
        }

        return null;
    }

    /// <summary>The text of a string; null when it is no string, or no text, such as half of a surrogate pair.</summary>
    private static string? TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // What the platform throws for escapes that are no text. The caller reports it as an unusable value.
            return null;
        }
    }

    private static string NameOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // As above. A name that is no text is told apart by its raw form.
            return "\n" + Convert.ToHexString(reader.ValueSpan);
        }
    }
}
