using System.Text.Json;
using AiLib.Dataflow.Providers.Json;

namespace AiLib.Dataflow.Providers.Estimates;

/// <summary>Goes through a request body once, forwards, and hands the texts that a model will read to a counter.</summary>
/// <typeparam name="TCounter">How texts are counted.</typeparam>
/// <remarks>
/// Knows the bodies of OpenAI's chat, responses, completions and embeddings and of Anthropic's messages, told apart by their fields more than by the path.
/// A ref struct that lives for one call.
/// </remarks>
internal ref partial struct RequestReader<TCounter>
    where TCounter : struct, ITextCounter
{
    // OpenAI's cookbook: three tokens around each message, one for its role, and three that begin the answer.
    private const int TokensPerMessage = 4;
    private const int TokensPerChat = 3;

    private const int BytesPerToken = 4;
    private const int DefaultOfCompletions = 16;

    // Of a number that is not there.
    private const long None = -1;

    // A request that asks for more is not charged more: no model answers with so many, and sums must not overflow.
    private const long MostTokens = 10_000_000;
    private const long MostAnswers = 1_024;
    private const long MostPrompts = 100_000;

    private readonly string _path;
    private Utf8JsonReader _reader;
    private readonly ref TCounter _counter;

    // Written as the reader goes.
    private long _fixedTokens;
    private long _bound = None;
    private long _answers = 1;
    private long _prompts = 1;
    private bool _isChat;
    private bool _isDocument;

    private RequestReader(string path, ReadOnlySpan<byte> body, ref TCounter counter)
    {
        _path = path;
        _reader = new Utf8JsonReader(body, JsonText.ReaderOptions);
        _counter = ref counter;
    }

    /// <summary>Estimates a request. The counter must be fresh.</summary>
    public static TokenEstimate Estimate(string path, ReadOnlySpan<byte> body, ref TCounter counter)
    {
        var reader = new RequestReader<TCounter>(path, body, ref counter);
        try
        {
            if (reader.TryReadBody())
            {
                return new TokenEstimate(reader.Input, reader.Output);
            }
        }
        catch (JsonException)
        {
            // Not counted: the endpoint, or the provider, will say what is wrong with it.
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair in an escaped name or text: the platform throws this and not JsonException.
        }

        return new TokenEstimate((body.Length + (BytesPerToken - 1L)) / BytesPerToken, DefaultOf(path));
    }

    private readonly long Input => _counter.Tokens + _fixedTokens + (_isChat ? TokensPerChat : 0);

    private readonly long Output => (_bound >= 0 ? Math.Min(_bound, MostTokens) : DefaultOf(_path)) * _answers * Math.Min(_prompts, MostPrompts);

    private readonly bool IsCompletion => string.Equals(_path, "/v1/completions", StringComparison.Ordinal);

    private static bool HasNoAnswer(string path) =>
        string.Equals(path, "/v1/embeddings", StringComparison.Ordinal) || string.Equals(path, "/v1/moderations", StringComparison.Ordinal);

    private static long DefaultOf(string path) =>
        HasNoAnswer(path) ? 0
        : string.Equals(path, "/v1/completions", StringComparison.Ordinal) ? DefaultOfCompletions
        : TokenEstimator.DefaultOutputTokens;

    /// <returns>Whether the body is an object.</returns>
    private bool TryReadBody()
    {
        if (!_reader.Read() || _reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadField();
        }

        return true;
    }

    /// <summary>One property of the body; what is not known here is not read by a model.</summary>
    private void ReadField()
    {
        if (Is("messages"u8))
        {
            ReadMessages();
        }
        else if (Is("system"u8) || Is("instructions"u8))
        {
            // One message more, which has its place apart.
            _fixedTokens += TokensPerMessage;
            Next();
            ReadContent();
        }
        else if (Is("input"u8))
        {
            ReadInput();
        }
        else if (Is("prompt"u8))
        {
            ReadPrompts();
        }
        else if (Is("tools"u8) || Is("functions"u8) || Is("response_format"u8) || Is("text"u8) || Is("output_config"u8))
        {
            Next();
            ReadData();
        }
        else if (Is("max_tokens"u8) || Is("max_completion_tokens"u8) || Is("max_output_tokens"u8))
        {
            _bound = Math.Max(_bound, NextNumber());
        }
        else if (Is("n"u8) || Is("best_of"u8))
        {
            _answers = Math.Clamp(NextNumber(), _answers, MostAnswers);
        }
        else
        {
            _reader.Skip();
        }
    }

    private void ReadMessages()
    {
        _isChat = true;
        Next();
        ReadContent(messageDepth: _reader.CurrentDepth + 1);
    }

    /// <summary>Of responses: a text that is one message, or a list of items. Of embeddings: texts, or tokens.</summary>
    private void ReadInput()
    {
        Next();
        if (HasNoAnswer(_path))
        {
            ReadContent();
            return;
        }

        _isChat = true;
        _fixedTokens += _reader.TokenType == JsonTokenType.String ? TokensPerMessage : 0;
        ReadContent(messageDepth: _reader.CurrentDepth + 1);
    }

    /// <summary>A text, a list of texts, a list of tokens, or a list of lists of tokens. Each text and each list of tokens is answered by itself.</summary>
    private void ReadPrompts()
    {
        Next();
        int depth = _reader.CurrentDepth;
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            ReadContent();
            return;
        }

        long prompts = 0;
        while (_reader.Read() && !(_reader.TokenType == JsonTokenType.EndArray && _reader.CurrentDepth == depth))
        {
            prompts += _reader.TokenType is JsonTokenType.String or JsonTokenType.StartArray ? 1 : 0;
            ReadContent();
        }

        _prompts = IsCompletion ? Math.Max(1, prompts) : 1;
    }

    private readonly bool Is(ReadOnlySpan<byte> name) => _reader.ValueTextEquals(name);

    private void Next() => _reader.Read();

    /// <summary>The next value when it is a whole number; <see cref="None"/> when it is something else, which is passed over.</summary>
    private long NextNumber()
    {
        Next();
        if (_reader.TokenType == JsonTokenType.Number && _reader.TryGetInt64(out long number))
        {
            return number;
        }

        _reader.Skip();
        return None;
    }
}
