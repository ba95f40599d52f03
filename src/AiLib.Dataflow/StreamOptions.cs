namespace AiLib.Dataflow;

/// <summary>How a stream of requests is run.</summary>
/// <typeparam name="TRequest">What a caller sends.</typeparam>
public sealed record StreamOptions<TRequest>
{
    /// <summary>Whether answers come in the order of the requests. Default: false, as they are ready. In order, an answer may wait for an earlier one, in its slot.</summary>
    public bool Ordered { get; init; }

    /// <summary>What each request wants: cost, deadline, target. Default: what the pipeline says. Called once for each request, by the source's reader.</summary>
    public Func<TRequest, RequestOptions>? Describe { get; init; }
}
