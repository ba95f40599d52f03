namespace AiLib.Dataflow;

/// <summary>Says what requests cost in LLM tokens at one target. An <see cref="IEndpoint{TRequest, TResponse}"/> that is one too is asked by its target.</summary>
/// <typeparam name="TRequest">What a caller sends.</typeparam>
/// <typeparam name="TResponse">What a caller gets.</typeparam>
/// <remarks>
/// <para>
/// Asked at each try to start an attempt, so that a request that goes to another target is charged there what it costs there, and one that waited is charged what was learned meanwhile;
/// only while something limits LLM tokens, and only for requests that nobody else says the cost of (<see cref="RequestOptions.Cost"/>, <c>UseCost</c>).
/// </para>
/// <para>Called by several threads at once, never under a lock; it must be quick and allocate little. What it throws counts as a cost of 0 and is counted like the error of a hook.</para>
/// </remarks>
public interface ICostEstimator<in TRequest, TResponse>
{
    /// <summary>What an attempt is expected to cost, which is taken from the limits before it begins. A negative total counts as 0; a number is a total.</summary>
    /// <param name="request">The request.</param>
    TokenCost Expect(TRequest request);

    /// <summary>The least that it may cost. What costs more than the target can ever hold is refused for good, so this is asked and not <see cref="Expect"/>.</summary>
    /// <param name="request">The request.</param>
    TokenCost ExpectAtLeast(TRequest request);

    /// <summary>What an answered attempt has cost, in place of <see cref="Outcome{TResponse}.Cost"/>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="answer">The answer.</param>
    /// <returns>Null for what the outcome says.</returns>
    TokenCost? Settle(TRequest request, in Outcome<TResponse> answer);
}
