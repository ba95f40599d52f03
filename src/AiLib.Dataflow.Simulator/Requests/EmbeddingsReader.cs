using System.Text.Json;
using AiLib.Dataflow.Simulator.Hashing;

namespace AiLib.Dataflow.Simulator.Requests;

/// <summary>Reads the body of an embeddings request. Properties it does not know are ignored.</summary>
internal static class EmbeddingsReader
{
    private const int MaxInputs = 2048;
    private const int MaxDimensions = 4096;
    private const ulong TextStart = 0xE3B0_0000_0000_0001;
    private const ulong TokensStart = 0xE3B0_0000_0000_0002;

    /// <summary>Fills the request from the body, or says what is wrong.</summary>
    public static RequestProblem? Read(ref Utf8JsonReader reader, ParsedRequest request)
    {
        bool hasModel = false;
        bool hasInput = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            RequestProblem? problem = null;
            if (reader.ValueTextEquals("input"u8))
            {
                reader.Read();
                problem = ReadInput(ref reader, request);
                hasInput = true;
            }
            else if (reader.ValueTextEquals("model"u8))
            {
                reader.Read();
                problem = JsonValues.ReadString(ref reader, "model", out string model);
                request.Model = model;
                hasModel = true;
            }
            else if (reader.ValueTextEquals("dimensions"u8))
            {
                reader.Read();
                problem = JsonValues.ReadInteger(ref reader, "dimensions", 1, MaxDimensions, out int? dimensions);
                request.Dimensions = dimensions ?? request.Dimensions;
            }
            else if (reader.ValueTextEquals("encoding_format"u8))
            {
                reader.Read();
                problem = ReadEncoding(ref reader, request);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }

            if (problem is not null)
            {
                return problem;
            }
        }

        return (hasModel, hasInput, request.Inputs.Count) switch
        {
            (false, _, _) => new RequestProblem(ProblemKind.Missing, "model"),
            (_, false, _) => new RequestProblem(ProblemKind.Missing, "input"),
            (_, _, 0) => new RequestProblem(ProblemKind.Empty, "input"),
            (_, _, > MaxInputs) => new RequestProblem(ProblemKind.TooLarge, "input.length", "2048", $"{request.Inputs.Count}"),
            _ => null,
        };
    }

    private static RequestProblem? ReadInput(ref Utf8JsonReader reader, ParsedRequest request)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            AddText(ref reader, request);
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return JsonValues.Wrong(ref reader, "input", "a string or an array");
        }

        ulong hash = TokensStart;
        int tokens = 0;
        for (int index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.String:
                    AddText(ref reader, request);
                    break;
                case JsonTokenType.Number when reader.TryGetInt32(out int token):
                    hash = StableHash.Combine(hash, (ulong)token);
                    tokens++;
                    break;
                case JsonTokenType.StartArray:
                    if (!TryReadTokens(ref reader, request))
                    {
                        return JsonValues.Wrong(ref reader, $"input[{index}]", "an array of integers");
                    }

                    break;
                default:
                    return JsonValues.Wrong(ref reader, $"input[{index}]", "a string or an array of integers");
            }
        }

        // A flat array of numbers is one text, given as its tokens.
        if (tokens > 0)
        {
            request.Inputs.Add(hash);
            request.PromptTokens += tokens;
        }

        return null;
    }

    private static void AddText(ref Utf8JsonReader reader, ParsedRequest request)
    {
        request.Inputs.Add(StableHash.Of(TextStart, reader.ValueSpan));
        request.PromptTokens += Math.Max(1, TokenEstimate.OfText(reader.ValueSpan.Length));
    }

    private static bool TryReadTokens(ref Utf8JsonReader reader, ParsedRequest request)
    {
        ulong hash = TokensStart;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int token))
            {
                return false;
            }

            hash = StableHash.Combine(hash, (ulong)token);
            request.PromptTokens++;
        }

        request.Inputs.Add(hash);
        return true;
    }

    private static RequestProblem? ReadEncoding(ref Utf8JsonReader reader, ParsedRequest request)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        RequestProblem? problem = JsonValues.ReadString(ref reader, "encoding_format", out string format);
        request.Base64 = format == "base64";
        return problem ?? (format is "base64" or "float"
            ? null
            : new RequestProblem(ProblemKind.NotAllowed, "encoding_format", "'float', 'base64'", format));
    }
}
