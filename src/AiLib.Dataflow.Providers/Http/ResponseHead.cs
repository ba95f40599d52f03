using System.Net.Http.Headers;
using AiLib.Dataflow.Providers.Quotas;

namespace AiLib.Dataflow.Providers.Http;

/// <summary>Status and headers of an answer.</summary>
internal sealed class ResponseHead(int status, HttpResponseHeaders headers, HttpContentHeaders contentHeaders)
{
    /// <summary>Longer ids are no ids.</summary>
    private const int MaxRequestIdLength = 128;

    private const string EncodingHeader = "Content-Encoding";
    private const string TypeHeader = "Content-Type";
    private const string Json = "application/json";

    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>Whether the status is 2xx.</summary>
    public bool IsSuccess => status is >= 200 and < 300;

    /// <summary>Whether the status is 3xx.</summary>
    public bool IsRedirect => status is >= 300 and < 400;

    /// <summary>Whether the body is compressed.</summary>
    public bool IsCompressed
    {
        get
        {
            // The usual answer has none, which costs no list to find out.
            if (!contentHeaders.NonValidated.Contains(EncodingHeader))
            {
                return false;
            }

            foreach (string encoding in contentHeaders.ContentEncoding)
            {
                if (!string.Equals(encoding, "identity", StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Whether the body is a stream of server-sent events.</summary>
    public bool IsEventStream => !IsPlainJson && string.Equals(MediaType, "text/event-stream", StringComparison.OrdinalIgnoreCase);

    /// <summary>The media type as it was sent; null when it was not, or is damaged.</summary>
    public string? MediaType => contentHeaders.ContentType?.MediaType;

    /// <summary>The host of a redirect; null when it stays on the same host or leads nowhere.</summary>
    public string? RedirectHost(Uri from) =>
        headers.Location is { } location && Uri.TryCreate(from, location, out Uri? target) ? target.IdnHost : null;

    /// <summary>The provider's id of the request, as it names it; null when it gave none, or one that is not visible ASCII.</summary>
    public string? RequestId
    {
        get
        {
            string? id = Find("x-request-id") ?? Find("request-id") ?? Find("apim-request-id");
            return IsPlainId(id) ? id : null;
        }
    }

    /// <summary>Whether there may be something about quotas.</summary>
    public bool MayTellQuotas
    {
        get
        {
            foreach (KeyValuePair<string, HeaderStringValues> header in headers.NonValidated)
            {
                if (QuotaHeaders.MayBeQuota(header.Key))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>The first value of a header; null when it is absent.</summary>
    public string? Find(string name)
    {
        if (headers.NonValidated.TryGetValues(name, out HeaderStringValues values))
        {
            foreach (string value in values)
            {
                return value;
            }
        }

        return null;
    }

    // As most answers have it, letter for letter; what is different is parsed.
    private bool IsPlainJson =>
        contentHeaders.NonValidated.TryGetValues(TypeHeader, out HeaderStringValues values) && values.Count == 1
        && string.Equals(values.ToString(), Json, StringComparison.Ordinal);

    /// <summary>Whether a text is fit to be an id.</summary>
    public static bool IsPlainId(string? id) =>
        id is { Length: > 0 and <= MaxRequestIdLength } && !id.AsSpan().ContainsAnyExceptInRange('!', '~');
}
