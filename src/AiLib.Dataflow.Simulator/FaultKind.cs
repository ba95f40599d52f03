namespace AiLib.Dataflow.Simulator;

/// <summary>What the simulator does instead of answering; the names in <see cref="FaultRates.Parse"/> are given in brackets.</summary>
public enum FaultKind
{
    /// <summary>Status 429 with a <c>Retry-After</c> header (<c>429</c>).</summary>
    RateLimited,

    /// <summary>Status 429 that does not say when to come back (<c>429-bare</c>).</summary>
    RateLimitedBare,

    /// <summary>Status 500 (<c>500</c>).</summary>
    InternalError,

    /// <summary>Status 502 with the provider's own JSON body (<c>502</c>).</summary>
    BadGateway,

    /// <summary>Status 503 (<c>503</c>).</summary>
    ServiceUnavailable,

    /// <summary>Status 529 (<c>529</c>).</summary>
    Overloaded,

    /// <summary>The connection is reset before anything is sent (<c>reset</c>).</summary>
    Reset,

    /// <summary>Status 200, then the connection closes after half of the body (<c>half</c>).</summary>
    HalfBody,

    /// <summary>Status 200, then a body that drips until the client goes away or the server stops (<c>endless</c>).</summary>
    EndlessBody,

    /// <summary>Status 502 with the HTML page of a proxy (<c>html</c>).</summary>
    Html,

    /// <summary>Status 200 with an HTML page where JSON was due (<c>html-200</c>).</summary>
    HtmlOk,
}
