using System.Text.Json;

namespace AiLib.Dataflow.Simulator.Requests;

/// <summary>Reads the body of a chat, in OpenAI's or Anthropic's format. Properties it does not know are ignored.</summary>
internal static class ChatReader
{
    /// <summary>Fills the request from the body, or says what is wrong.</summary>
    public static RequestProblem? Read(ref Utf8JsonReader reader, ChatRules rules, ParsedRequest request)
    {
        bool hasModel = false;
        int? messages = null;
        long bytes = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            RequestProblem? problem = null;
            if (reader.ValueTextEquals("messages"u8))
            {
                reader.Read();
                problem = MessagesReader.Read(ref reader, rules, out int count, ref bytes);
                messages = count;
            }
            else if (reader.ValueTextEquals("model"u8))
            {
                reader.Read();
                problem = JsonValues.ReadString(ref reader, "model", out string model);
                request.Model = model;
                hasModel = true;
            }
            else
            {
                problem = ReadOption(ref reader, request, ref bytes);
            }

            if (problem is not null)
            {
                return problem;
            }
        }

        request.PromptTokens = TokenEstimate.OfChat(messages ?? 0, bytes);
        return (hasModel, messages, rules.MaxTokensRequired && request.MaxTokens is null) switch
        {
            (false, _, _) => new RequestProblem(ProblemKind.Missing, "model"),
            (_, null, _) => new RequestProblem(ProblemKind.Missing, "messages"),
            (_, 0, _) => new RequestProblem(ProblemKind.Empty, "messages"),
            (_, _, true) => new RequestProblem(ProblemKind.Missing, "max_tokens"),
            _ => null,
        };
    }

    private static RequestProblem? ReadOption(ref Utf8JsonReader reader, ParsedRequest request, ref long bytes)
    {
        if (reader.ValueTextEquals("max_tokens"u8) || reader.ValueTextEquals("max_completion_tokens"u8))
        {
            string name = reader.GetString()!;
            reader.Read();
            RequestProblem? problem = JsonValues.ReadInteger(ref reader, name, 1, int.MaxValue, out int? most);
            request.MaxTokens = most ?? request.MaxTokens;
            return problem;
        }

        if (reader.ValueTextEquals("stream"u8))
        {
            reader.Read();
            RequestProblem? problem = JsonValues.ReadBoolean(ref reader, "stream", out bool stream);
            request.Stream = stream;
            return problem;
        }

        if (reader.ValueTextEquals("stream_options"u8))
        {
            reader.Read();
            return ReadStreamOptions(ref reader, request);
        }

        if (reader.ValueTextEquals("n"u8))
        {
            // One answer is all that is needed to load a pipeline; saying so beats answering fewer than asked.
            reader.Read();
            return JsonValues.ReadInteger(ref reader, "n", 1, 1, out _);
        }

        if (reader.ValueTextEquals("system"u8))
        {
            reader.Read();
            return MessagesReader.ReadContent(ref reader, "system", ref bytes);
        }

        reader.Read();
        reader.Skip();
        return null;
    }

    private static RequestProblem? ReadStreamOptions(ref Utf8JsonReader reader, ParsedRequest request)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return JsonValues.Wrong(ref reader, "stream_options", "an object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isUsage = reader.ValueTextEquals("include_usage"u8);
            reader.Read();
            if (!isUsage)
            {
                reader.Skip();
            }
            else if (JsonValues.ReadBoolean(ref reader, "stream_options.include_usage", out bool include) is { } problem)
            {
                return problem;
            }
            else
            {
                request.IncludeUsage = include;
            }
        }

        return null;
    }
}
