namespace AiLib.Dataflow.Providers;

/// <summary>The 13 error codes of ai-lib. What each means is fixed by <see cref="ProviderErrorCodes"/>.</summary>
public enum ProviderErrorCode
{
    /// <summary>The request is malformed, or its content is refused.</summary>
    InvalidRequest = 1001,

    /// <summary>The key is missing, wrong or revoked.</summary>
    Authentication = 1002,

    /// <summary>The key may not do this.</summary>
    PermissionDenied = 1003,

    /// <summary>There is no such model or operation.</summary>
    NotFound = 1004,

    /// <summary>The request does not fit: context length, body size, or a limit smaller than the request.</summary>
    RequestTooLarge = 1005,

    /// <summary>A rate window is full; it will have room soon.</summary>
    RateLimited = 2001,

    /// <summary>Credit, spend or a day's quota is used up.</summary>
    QuotaExhausted = 2002,

    /// <summary>The provider failed, or the way to it.</summary>
    ServerError = 3001,

    /// <summary>The provider says that it is overloaded.</summary>
    Overloaded = 3002,

    /// <summary>No answer in time.</summary>
    Timeout = 3003,

    /// <summary>A conflict with an earlier attempt.</summary>
    Conflict = 4001,

    /// <summary>The call was cancelled.</summary>
    Cancelled = 4002,

    /// <summary>Nothing that is known.</summary>
    Unknown = 9999,
}
