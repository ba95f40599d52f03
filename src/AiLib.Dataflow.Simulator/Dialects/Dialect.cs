using System.Globalization;
using AiLib.Dataflow.Simulator.Hashing;
using AiLib.Dataflow.Simulator.Limits;
using AiLib.Dataflow.Simulator.Requests;
using AiLib.Dataflow.Simulator.Serving;
using Microsoft.AspNetCore.Http;

namespace AiLib.Dataflow.Simulator.Dialects;

/// <summary>How one provider words keys, headers and errors.</summary>
internal abstract class Dialect
{
    private const ulong FirstHalf = 0x1D00_0000_0000_0001;
    private const ulong SecondHalf = 0x1D00_0000_0000_0002;

    /// <summary>The header that carries the provider's id of a request.</summary>
    public abstract string RequestIdHeader { get; }

    /// <summary>The key a request carries, or null.</summary>
    public abstract string? KeyOf(IHeaderDictionary headers);

    /// <summary>What is wrong with the headers of a request whose key is good, or null.</summary>
    public abstract ProviderError? CheckHeaders(IHeaderDictionary headers);

    /// <summary>Adds what is left of the limits.</summary>
    public abstract void AddQuota(IHeaderDictionary headers, in QuotaReading quota, DateTimeOffset now);

    /// <summary>Adds when to come back.</summary>
    public abstract void AddRetryAfter(IHeaderDictionary headers, TimeSpan wait);

    /// <summary>Writes the body of an error.</summary>
    public abstract void WriteError(ResponseBuffer buffer, in ProviderError error, string requestId);

    /// <summary>The error of a request that a limit turned away.</summary>
    public abstract ProviderError LimitReached(in LimitRefusal refusal, string model);

    /// <summary>The error of an injected fault that has a status and a body of the provider's own.</summary>
    public abstract ProviderError Fault(FaultKind kind, TimeSpan retryAfter, string model);

    /// <summary>The error of a request with a wrong key, or without one.</summary>
    public abstract ProviderError Unauthorized(bool hasKey);

    /// <summary>The error of a path that does not exist.</summary>
    public abstract ProviderError UnknownPath(string method, string path);

    /// <summary>The error of a path that exists, for another method.</summary>
    public abstract ProviderError WrongMethod(string method, string path);

    /// <summary>The error of a body that is larger than accepted.</summary>
    public abstract ProviderError BodyTooLarge();

    /// <summary>The error of a body that cannot be used.</summary>
    public abstract ProviderError Invalid(RequestProblem problem);

    /// <summary>A repeatable id, different for every hash.</summary>
    public static string RequestIdOf(ulong hash) => string.Create(
        CultureInfo.InvariantCulture, $"req_{StableHash.Combine(hash, FirstHalf):x16}{StableHash.Combine(hash, SecondHalf):x16}");

    /// <summary>A whole number as header text.</summary>
    protected static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
