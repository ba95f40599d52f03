using System.Text.Json;

namespace AiLib.Dataflow.Providers.Estimates;

/// <content>What is inside messages: texts, attachments, calls of tools.</content>
internal ref partial struct RequestReader<TCounter>
{
    private const int NoMessages = -1;

    /// <summary>Counts the value the reader stands on, and leaves it on the value's last token.</summary>
    /// <param name="messageDepth">The depth at which each object is a message.</param>
    private void ReadContent(int messageDepth = NoMessages)
    {
        int depth = _reader.CurrentDepth;
        ReadToken(messageDepth);
        if (_reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return;
        }

        while (_reader.Read() && !IsEndAt(depth))
        {
            ReadToken(messageDepth);
        }
    }

    private void ReadToken(int messageDepth)
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                ReadProperty();
                break;
            case JsonTokenType.StartObject when _reader.CurrentDepth == messageDepth:
                _fixedTokens += TokensPerMessage;
                break;
            case JsonTokenType.String:
                ReadText();
                break;
            case JsonTokenType.Number:
                // A prompt may come as tokens.
                _fixedTokens++;
                break;
        }
    }

    /// <summary>Passes over what frames a message, counts what is attached to it; any other value is left to be read next, and its name is not counted.</summary>
    private void ReadProperty()
    {
        if (Is("content"u8))
        {
            return;
        }

        if (Is("type"u8))
        {
            Next();
            _isDocument = Is(_reader.TokenType, "document"u8);
            _reader.Skip();
        }
        else if (IsFrame())
        {
            _reader.Skip();
        }
        else if (Is("image_url"u8) || Is("image"u8))
        {
            ReadImage();
        }
        else if (Is("source"u8))
        {
            ReadSource();
        }
        else if (Is("file"u8) || Is("input_audio"u8) || Is("audio"u8) || Is("file_data"u8) || Is("file_id"u8) || Is("file_url"u8))
        {
            _fixedTokens += TokenEstimator.FileTokens;
            _reader.Skip();
        }
        else if (Is("input"u8) || Is("arguments"u8))
        {
            // A tool was called with this: an object at Anthropic, a text with JSON in it at OpenAI.
            Next();
            ReadData();
        }
    }

    private readonly bool IsFrame() =>
        Is("role"u8) || Is("id"u8) || Is("tool_call_id"u8) || Is("tool_use_id"u8) || Is("call_id"u8) || Is("status"u8) || Is("detail"u8) || Is("filename"u8)
        || Is("media_type"u8) || Is("cache_control"u8) || Is("signature"u8) || Is("encrypted_content"u8);

    private void ReadText()
    {
        // Base64 in a place where a text is allowed; it would count for hundreds of pages.
        if (_reader.ValueSpan.StartsWith("data:"u8) && _reader.ValueSpan.Length > TokenEstimator.ImageTokens)
        {
            _fixedTokens += TokenEstimator.ImageTokens;
            return;
        }

        _counter.Add(ref _reader);
    }

    /// <summary>An address, or an object with an address and a detail.</summary>
    private void ReadImage()
    {
        Next();
        int tokens = TokenEstimator.ImageTokens;
        if (_reader.TokenType == JsonTokenType.StartObject)
        {
            while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isDetail = Is("detail"u8);
                Next();
                tokens = isDetail && Is(_reader.TokenType, "low"u8) ? TokenEstimator.LowDetailImageTokens : tokens;
                _reader.Skip();
            }
        }

        _reader.Skip();
        _fixedTokens += tokens;
    }

    /// <summary>Anthropic's attachments: an image or a document, which may also be plain text or further content.</summary>
    private void ReadSource()
    {
        Next();
        int tokens = _isDocument ? TokenEstimator.FileTokens : TokenEstimator.ImageTokens;
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            // A source with another meaning, such as that of a search result.
            ReadContent();
            return;
        }

        bool isText = false;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isType = Is("type"u8);
            bool isContent = Is("data"u8) || Is("content"u8);
            Next();
            isText |= isType && (Is(_reader.TokenType, "text"u8) || Is(_reader.TokenType, "content"u8));
            if (isContent && isText)
            {
                ReadContent();
            }
            else
            {
                _reader.Skip();
            }
        }

        _fixedTokens += isText ? 0 : tokens;
    }

    /// <summary>JSON that the model reads as such: names and texts count, and each number and truth value for one.</summary>
    private void ReadData()
    {
        int depth = _reader.CurrentDepth;
        do
        {
            switch (_reader.TokenType)
            {
                case JsonTokenType.PropertyName or JsonTokenType.String:
                    _counter.Add(ref _reader);
                    break;
                case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null:
                    _fixedTokens++;
                    break;
            }
        }
        while (!IsDone(depth) && _reader.Read());
    }

    // At the end of a value that began at this depth; a name is not yet the value.
    private readonly bool IsDone(int depth) =>
        _reader.CurrentDepth == depth && _reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray);

    private readonly bool IsEndAt(int depth) =>
        _reader.CurrentDepth == depth && _reader.TokenType is (JsonTokenType.EndObject or JsonTokenType.EndArray);

    private readonly bool Is(JsonTokenType token, ReadOnlySpan<byte> text) => token == JsonTokenType.String && _reader.ValueTextEquals(text);
}
