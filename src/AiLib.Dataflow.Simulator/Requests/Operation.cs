namespace AiLib.Dataflow.Simulator.Requests;

/// <summary>What a path does.</summary>
internal enum Operation
{
    /// <summary>OpenAI's <c>/v1/chat/completions</c>.</summary>
    ChatCompletions,

    /// <summary>OpenAI's <c>/v1/embeddings</c>.</summary>
    Embeddings,

    /// <summary>Anthropic's <c>/v1/messages</c>.</summary>
    Messages,

    /// <summary>The list of models.</summary>
    Models,
}
