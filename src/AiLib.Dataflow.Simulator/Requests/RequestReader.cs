using System.Diagnostics;
using System.Text.Json;

namespace AiLib.Dataflow.Simulator.Requests;

/// <summary>Reads the body of any request.</summary>
internal static class RequestReader
{
    /// <summary>Fills the request from the body, or says what is wrong.</summary>
    public static RequestProblem? Read(ReadOnlySpan<byte> body, Operation operation, ParsedRequest request)
    {
        try
        {
            // The reader's own limit of 64 levels is the one we want.
            var reader = new Utf8JsonReader(body);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return new RequestProblem(ProblemKind.NotJson, Actual: "the body is not a JSON object");
            }

            RequestProblem? problem = operation switch
            {
                Operation.ChatCompletions => ChatReader.Read(ref reader, ChatRules.OpenAI, request),
                Operation.Messages => ChatReader.Read(ref reader, ChatRules.Anthropic, request),
                Operation.Embeddings => EmbeddingsReader.Read(ref reader, request),
                _ => throw new UnreachableException(),
            };
            if (problem is null)
            {
                // The reader throws when anything but white space follows.
                reader.Read();
            }

            return problem;
        }
        catch (JsonException exception)
        {
            return new RequestProblem(ProblemKind.NotJson, Actual: exception.Message);
        }
        catch (InvalidOperationException exception)
        {
            // A string that is not valid UTF-8, or has half a surrogate pair: found only when it is decoded.
            return new RequestProblem(ProblemKind.NotJson, Actual: exception.Message);
        }
    }
}
