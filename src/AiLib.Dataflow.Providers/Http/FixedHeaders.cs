namespace AiLib.Dataflow.Providers.Http;

/// <summary>The headers that every request has, whatever it asks: what is sent, what is wanted, and who asks.</summary>
internal static class FixedHeaders
{
    private const string Json = "application/json";
    private const string Product = "ailib-dataflow/0.1";

    /// <summary>Puts them on a message.</summary>
    /// <param name="message">Has its content already.</param>
    public static void AddTo(HttpRequestMessage message)
    {
        // As text, which the transport writes as it is: a value with a type is taken apart and put together again for each request. Nothing here comes from outside.
#pragma warning disable RS0030 // TryAddWithoutValidation lets CR LF through, of which a constant has none.
        message.Content!.Headers.TryAddWithoutValidation("Content-Type", Json);
        message.Headers.TryAddWithoutValidation("Accept", Json);
        message.Headers.TryAddWithoutValidation("User-Agent", Product);
#pragma warning restore RS0030
    }
}
