namespace AiLib.Dataflow.Providers.Errors;

/// <summary>What the words in an error body say, before status and text are looked at.</summary>
internal enum ErrorFamily
{
    /// <summary>Nothing certain: the status decides.</summary>
    None,

    /// <summary>Credit, spend or plan.</summary>
    Billing,

    /// <summary>Does not fit.</summary>
    TooLarge,

    /// <summary>The content is refused.</summary>
    Content,

    /// <summary>The key is not good.</summary>
    Key,

    /// <summary>The key may not.</summary>
    Permission,

    /// <summary>No such model or operation.</summary>
    NotFound,

    /// <summary>A rate window is full; the text may know better.</summary>
    Window,

    /// <summary>Overloaded.</summary>
    Overload,

    /// <summary>Took too long.</summary>
    Timeout,

    /// <summary>Failed.</summary>
    Server,
}
