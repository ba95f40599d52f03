using AiLib.Dataflow.Providers.Estimates;
using AiLib.Dataflow.Providers.Http;
using AiLib.Dataflow.Providers.Json;

namespace AiLib.Dataflow.Providers;

/// <summary>Sends a JSON body as bytes to one provider, and returns its answer as bytes.</summary>
/// <remarks>
/// <para>
/// One call is one HTTP exchange: 1 look the path up in the allow-list; 2 set the model, if asked to; 3 send, the key being added last;
/// 4 read the answer, counting; 5 say what came of it. There are no retries here and no time-out of the whole: those are the pipeline's. Only a body that stands still is given up.
/// </para>
/// <para>A failure of the provider or of the network is an outcome, never an exception; cancellation by the given token is an exception.</para>
/// <para>
/// In a pipeline whose limits count LLM tokens, and for requests that nobody else says the cost of, it says what they cost: estimated, corrected by what its answers report.
/// </para>
/// <para>Immutable but for its connections and what it learns of costs; called by any number of threads at once.</para>
/// </remarks>
public sealed class ProviderEndpoint : IEndpoint<ProviderRequest, ProviderResponse>, ICostEstimator<ProviderRequest, ProviderResponse>, IDisposable
{
    // Four times what is kept of an error body: enough to know keys by their whole length before the text is cut.
    private const int MaxErrorBytes = 4 * ProviderException.MaxBodyLength;
    private const long LargestAnswer = 1024L * 1024 * 1024;
    private static readonly TimeSpan LongestIdle = TimeSpan.FromDays(1);

    private readonly long _maxResponseBytes;
    private readonly TimeSpan _idleTimeout;
    private readonly TimeProvider _timeProvider;
    private readonly EndpointAddress _address;
    private readonly Credential _credential;
    private readonly ModelSplice? _model;
    private readonly AnswerReader _answers;
    private readonly HttpMessageInvoker _transport;
    private readonly ITokenEstimator _estimator;
    private readonly TargetCosts _costs;

    /// <summary>Creates an endpoint. Nothing is sent yet.</summary>
    /// <param name="options">Where to, and with which key.</param>
    /// <param name="timeProvider">The clock that dates of the provider are compared with, and that a body's standing still is measured by. Default: the system's.</param>
    /// <param name="handler">The transport; it is not disposed with the endpoint. Default: a pooled one that checks addresses and follows no redirect.</param>
    /// <exception cref="ArgumentException">An option cannot be used; the message names it. Or the handler follows redirects.</exception>
    public ProviderEndpoint(ProviderEndpointOptions options, TimeProvider? timeProvider = null, HttpMessageHandler? handler = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxResponseBytes, 1, nameof(options.MaxResponseBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxResponseBytes, LargestAnswer, nameof(options.MaxResponseBytes));
        if (options.IdleTimeout != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.IdleTimeout, TimeSpan.Zero, nameof(options.IdleTimeout));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(options.IdleTimeout, LongestIdle, nameof(options.IdleTimeout));
        }

        _maxResponseBytes = options.MaxResponseBytes;
        _idleTimeout = options.IdleTimeout;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _address = new EndpointAddress(options);
        _credential = new Credential(options, _address);
        _model = options.Model is { } model ? new ModelSplice(model) : null;
        _answers = new AnswerReader(options, new Redactor(options.Key), _timeProvider);
        _estimator = options.Estimator;
        _costs = new TargetCosts(options.Counting ?? (ProviderCatalog.TryFind(options.ProviderId, out ProviderInfo? provider) ? provider.Counting : QuotaCounting.OnArrival));

        HttpMessageHandler transport = handler is null ? Transport.Create(options, _address) : Transport.Check(handler);
        _transport = new HttpMessageInvoker(transport, disposeHandler: handler is null);
    }

    /// <summary>
    /// How many values were nonsense in what the provider said of its quotas, in headers and in the bodies of 429s, and were ignored: one that grows says that limits are not learned from it. Thread-safe.
    /// </summary>
    public long IgnoredQuotaValues => _answers.IgnoredQuotaValues;

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async ValueTask<Outcome<ProviderResponse>> CallAsync(ProviderRequest request, AttemptContext attempt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();

        // 1. The path is a key, not a piece of an address. It is not repeated in the message: it came from outside and may be anything.
        if (_address.Find(request.Path) is not { } address)
        {
            return _answers.Refused($"The path is not one of those allowed: {string.Join(", ", ProviderPaths.All)}. Nothing was sent.");
        }

        // 2. The body is passed on as it is unless a model was set.
        ReadOnlyMemory<byte> body = request.Body;
        if (_model is not null)
        {
            if (!_model.TrySet(body.Span, out byte[]? changed))
            {
                return _answers.Refused("The body is not one JSON object, so its model cannot be set. Nothing was sent.");
            }

            body = changed;
        }

        try
        {
            // 3. Disposing the message does not touch the caller's bytes.
            using var message = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ReadOnlyMemoryContent(body) };
            FixedHeaders.AddTo(message);
            HttpResponseMessage response;
            try
            {
                _credential.AddTo(message);
                response = await _transport.SendAsync(message, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            }
            finally
            {
                _credential.RemoveFrom(message);
            }

            using (response)
            {
                // 4. and 5. We never ask for compression, so a compressed answer is a mistake or a bomb; it is not opened.
                var head = new ResponseHead((int)response.StatusCode, response.Headers, response.Content.Headers);
                if (head.IsRedirect)
                {
                    return _answers.Redirected(head, address);
                }

                long cap = head.IsSuccess ? _maxResponseBytes : Math.Min(_maxResponseBytes, MaxErrorBytes);
                BodyRead read = head.IsCompressed
                    ? default
                    : await BodyReader.ReadAsync(response.Content, cap, _idleTimeout, _timeProvider, cancellationToken).ConfigureAwait(Continuations.KeepContext);
                return head.IsSuccess ? _answers.Answered(head, read) : _answers.Failed(head, read);
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Thrown anew: what the transport threw may have anything inside.
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception exception)
        {
            // The transport is foreign code when it was handed in, and even ours throws half a dozen types. None of them leaves from here.
            TransportFault fault = TransportFault.From(exception);
            return _answers.Unreached(fault.Code, fault.Kind, $"{_address.Host} was not reached: {fault.Reason}.", fault.WasSent);
        }
    }

    /// <inheritdoc/>
    public TokenCost Expect(ProviderRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _costs.Expect(_estimator.Estimate(request.Path, request.Body.Span));
    }

    /// <inheritdoc/>
    public TokenCost ExpectAtLeast(ProviderRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _costs.ExpectAtLeast(_estimator.Estimate(request.Path, request.Body.Span));
    }

    /// <inheritdoc/>
    public TokenCost? Settle(ProviderRequest request, in Outcome<ProviderResponse> answer)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _costs.Settle(_estimator.Estimate(request.Path, request.Body.Span), answer.Response?.Usage);
    }

    /// <summary>Closes the connections. Calls that are under way fail.</summary>
    public void Dispose() => _transport.Dispose();
}
