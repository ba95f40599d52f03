namespace AiLib.Dataflow.Providers;

/// <summary>How a provider wants to be shown the key. The JSON of requests and answers is passed through and has no dialect.</summary>
public enum Dialect
{
    /// <summary><c>Authorization: Bearer KEY</c>: OpenAI and everything that is compatible with it.</summary>
    OpenAI,

    /// <summary><c>x-api-key: KEY</c> with <c>anthropic-version</c>.</summary>
    Anthropic,

    /// <summary><c>api-key: KEY</c>: Azure OpenAI.</summary>
    Azure,
}
