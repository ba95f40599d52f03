namespace AiLib.Dataflow.Simulator.Requests;

/// <summary>What the simulator needs to know from the body of a request.</summary>
internal sealed class ParsedRequest
{
    /// <summary>The model, as the client wrote it.</summary>
    public string Model { get; set; } = "";

    /// <summary>True when the answer is to be streamed.</summary>
    public bool Stream { get; set; }

    /// <summary>True when a stream is to end with its usage.</summary>
    public bool IncludeUsage { get; set; }

    /// <summary>The most tokens the answer may have, when the client said so.</summary>
    public int? MaxTokens { get; set; }

    /// <summary>The estimated tokens of the request.</summary>
    public int PromptTokens { get; set; }

    /// <summary>A hash of each text to embed; empty for chats.</summary>
    public List<ulong> Inputs { get; } = [];

    /// <summary>The length of the vectors to return.</summary>
    public int Dimensions { get; set; } = 256;

    /// <summary>True when vectors are to be returned as base64.</summary>
    public bool Base64 { get; set; }
}
