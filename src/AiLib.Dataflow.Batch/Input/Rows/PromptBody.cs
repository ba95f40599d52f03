using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AiLib.Dataflow.Batch.Input.Rows;

/// <summary>Writes the body of a request that asks one thing, in the form that its path takes.</summary>
/// <remarks>One writer at a time. The model is not in it: the target sets it.</remarks>
internal sealed class PromptBody : IDisposable
{
    /// <summary>Where prompts go unless told otherwise.</summary>
    public const string DefaultPath = "/v1/chat/completions";

    // What stands in a JSON body is not HTML; letters of all scripts stay as they are.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json;
    private readonly string? _system;
    private readonly int? _maxTokens;

    /// <exception cref="ConfigurationException">The path has no place for what is to be sent, or wants more.</exception>
    public PromptBody(string? path, string? system, int? maxTokens)
    {
        Path = path ?? DefaultPath;
        _system = system;
        _maxTokens = maxTokens;
        _json = new Utf8JsonWriter(_buffer, Options);
        Check();
    }

    /// <summary>Where the body goes.</summary>
    public string Path { get; }

    /// <summary>The body that asks a prompt.</summary>
    public byte[] Of(string prompt)
    {
        _buffer.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        switch (Path)
        {
            case "/v1/chat/completions":
                WriteMessages(_system, prompt);
                WriteMaxTokens("max_tokens");
                break;
            case "/v1/messages":
                WriteText("system", _system);
                WriteMessages(system: null, prompt);
                WriteMaxTokens("max_tokens");
                break;
            case "/v1/responses":
                WriteText("instructions", _system);
                WriteText("input", prompt);
                WriteMaxTokens("max_output_tokens");
                break;
            case "/v1/completions":
                WriteText("prompt", prompt);
                WriteMaxTokens("max_tokens");
                break;
            default:
                WriteText("input", prompt);
                break;
        }

        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenSpan.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void Check()
    {
        List<string> problems = [];
        if (_system is not null && Path is "/v1/completions" or "/v1/embeddings" or "/v1/moderations")
        {
            problems.Add($"--system: a request to {Path} has no place for a system message; put it into --prompt.");
        }

        if (_maxTokens is not null && Path is "/v1/embeddings" or "/v1/moderations")
        {
            problems.Add($"--max-tokens: a request to {Path} has no answer of tokens; leave it out.");
        }

        if (_maxTokens is null && Path == "/v1/messages")
        {
            problems.Add("--max-tokens: a request to /v1/messages must have it; name the longest answer in tokens.");
        }

        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }
    }

    private void WriteMessages(string? system, string prompt)
    {
        _json.WriteStartArray("messages");
        foreach ((string role, string? content) in new[] { ("system", system), ("user", prompt) })
        {
            if (content is not null)
            {
                _json.WriteStartObject();
                _json.WriteString("role", role);
                _json.WriteString("content", content);
                _json.WriteEndObject();
            }
        }

        _json.WriteEndArray();
    }

    private void WriteText(string name, string? text)
    {
        if (text is not null)
        {
            _json.WriteString(name, text);
        }
    }

    private void WriteMaxTokens(string name)
    {
        if (_maxTokens is { } maxTokens)
        {
            _json.WriteNumber(name, maxTokens);
        }
    }
}
