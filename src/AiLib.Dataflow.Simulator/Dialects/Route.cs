using AiLib.Dataflow.Simulator.Requests;

namespace AiLib.Dataflow.Simulator.Dialects;

/// <summary>One path of a provider.</summary>
internal sealed class Route(string path, string method, Operation operation, Dialect dialect, IAnswerFormat format)
{
    private static readonly Route Chat =
        new("/v1/chat/completions", "POST", Operation.ChatCompletions, OpenAIDialect.Instance, new OpenAIChatFormat());

    private static readonly Route Embeddings =
        new("/v1/embeddings", "POST", Operation.Embeddings, OpenAIDialect.Instance, new OpenAIEmbeddingsFormat());

    private static readonly Route Messages =
        new("/v1/messages", "POST", Operation.Messages, AnthropicDialect.Instance, new AnthropicMessagesFormat());

    private static readonly Route Models =
        new("/v1/models", "GET", Operation.Models, OpenAIDialect.Instance, new OpenAIChatFormat());

    /// <summary>The path.</summary>
    public string Path => path;

    /// <summary>The method it takes.</summary>
    public string Method => method;

    /// <summary>What it does.</summary>
    public Operation Operation => operation;

    /// <summary>The provider's words.</summary>
    public Dialect Dialect => dialect;

    /// <summary>The shape of its answers.</summary>
    public IAnswerFormat Format => format;

    /// <summary>The route of a path, or null.</summary>
    public static Route? Find(string? path) => path switch
    {
        "/v1/chat/completions" => Chat,
        "/v1/messages" => Messages,
        "/v1/embeddings" => Embeddings,
        "/v1/models" => Models,
        _ => null,
    };
}
