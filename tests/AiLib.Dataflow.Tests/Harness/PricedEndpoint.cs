namespace AiLib.Dataflow.Tests.Harness;

/// <summary>A scripted provider that knows what requests cost: the number in the request, times what the test says; <c>60+40</c> is 60 of input and 40 of output.</summary>
internal sealed class PricedEndpoint(ScriptedEndpoint inner) : IEndpoint<string, string>, ICostEstimator<string, string>
{
    private int _asked;

    /// <summary>What the number in a request is multiplied with.</summary>
    public double Factor { get; set; } = 1;

    /// <summary>What an answer has cost; null for what it says.</summary>
    public long? Settled { get; set; }

    /// <summary>Thrown when it is asked.</summary>
    public Exception? Error { get; set; }

    /// <summary>How often it was asked what a request costs.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public ValueTask<Outcome<string>> CallAsync(string request, AttemptContext attempt, CancellationToken cancellationToken) =>
        inner.CallAsync(request, attempt, cancellationToken);

    public TokenCost Expect(string request)
    {
        Interlocked.Increment(ref _asked);
        if (Error is not null)
        {
            throw Error;
        }

        return request.Split('+') is [string input, string output] ? new TokenCost(Number(input), Number(output)) : Number(request);
    }

    public TokenCost ExpectAtLeast(string request) => Expect(request);

    private long Number(string text) => (long)(long.Parse(text, System.Globalization.CultureInfo.InvariantCulture) * Factor);

    public TokenCost? Settle(string request, in Outcome<string> answer) => Error is null ? Settled : throw Error;
}
