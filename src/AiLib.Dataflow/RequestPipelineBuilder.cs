using AiLib.Dataflow.Dispatch;

namespace AiLib.Dataflow;

/// <summary>Makes pipelines.</summary>
public static class RequestPipeline
{
    /// <summary>Begins a pipeline.</summary>
    /// <typeparam name="TRequest">What a caller sends.</typeparam>
    /// <typeparam name="TResponse">What a caller gets.</typeparam>
    public static RequestPipelineBuilder<TRequest, TResponse> CreateBuilder<TRequest, TResponse>() => new();
}

/// <summary>Gathers the targets and settings of a pipeline, and checks all of them when it is built.</summary>
/// <typeparam name="TRequest">What a caller sends.</typeparam>
/// <typeparam name="TResponse">What a caller gets.</typeparam>
/// <remarks>For one thread. Hooks are called by several threads at once, outside every lock; what they throw is counted and dropped.</remarks>
public sealed partial class RequestPipelineBuilder<TRequest, TResponse>
{
    /// <summary>A ticket knows where it has been by one bit for each target.</summary>
    private const int MaxTargets = 64;

    private readonly List<TargetSettings<TRequest, TResponse>> _targets = [];
    private readonly List<PreflightCheck<TRequest>> _checks = [];
    private readonly PipelineOptions _options = new();
    private Func<string, string?> _environment = Environment.GetEnvironmentVariable;
    private TimeProvider _timeProvider = TimeProvider.System;
    private OutcomeClassifier _classifier = OutcomeClassifier.Default;
    private Func<Outcome<TResponse>, Outcome<TResponse>>? _reclassify;
    private Func<TRequest, string?>? _route;
    private Func<TRequest, long>? _cost;
    private Func<TRequest, TokenCost>? _tokenCost;
    private Action<RetryEvent>? _onRetry;
    private Action<RedirectEvent>? _onRedirect;
    private Action<CircuitEvent>? _onCircuitChanged;
    private Action<RejectionEvent>? _onRejected;
    private Action<ParkEvent>? _onMemberParked;

    internal RequestPipelineBuilder()
    {
    }

    /// <summary>Adds a target behind those added before: the order is the fallback order.</summary>
    /// <param name="id">Its id, such as <c>openai/gpt-4o</c>; unique in the pipeline.</param>
    /// <param name="endpoint">Makes the attempts.</param>
    /// <param name="configure">Changes its options. Before it, the <c>AI_LIB_*</c> variables are laid over the defaults.</param>
    /// <exception cref="ConfigurationException">An <c>AI_LIB_*</c> variable does not parse.</exception>
    public RequestPipelineBuilder<TRequest, TResponse> AddTarget(string id, IEndpoint<TRequest, TResponse> endpoint, Action<TargetOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        ArgumentNullException.ThrowIfNull(endpoint);
        TargetOptions options = new();
        options.ApplyEnvironment(_environment);
        configure?.Invoke(options);
        _targets.Add(new TargetSettings<TRequest, TResponse>(id, endpoint, options));
        return this;
    }

    /// <summary>Adds a target whose endpoint is a function; what it throws is classified.</summary>
    /// <param name="id">Its id; unique in the pipeline.</param>
    /// <param name="call">Makes an attempt.</param>
    /// <param name="configure">Changes its options.</param>
    public RequestPipelineBuilder<TRequest, TResponse> AddTarget(
        string id, Func<TRequest, CancellationToken, ValueTask<TResponse>> call, Action<TargetOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(call);
        return AddTarget(id, new FunctionEndpoint<TRequest, TResponse>(call), configure);
    }

    /// <summary>Changes the pipeline's own options.</summary>
    public RequestPipelineBuilder<TRequest, TResponse> Configure(Action<PipelineOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        configure(_options);
        return this;
    }

    /// <summary>Adds a check of requests before they are let in. Checks are asked in the order in which they were added.</summary>
    public RequestPipelineBuilder<TRequest, TResponse> AddPreflightCheck(PreflightCheck<TRequest> check)
    {
        ArgumentNullException.ThrowIfNull(check);
        _checks.Add(check);
        return this;
    }

    /// <summary>Says at which target a request starts; null for the first. A request's own <see cref="RequestOptions.Target"/> goes before it.</summary>
    public RequestPipelineBuilder<TRequest, TResponse> UseRoute(Func<TRequest, string?> route)
    {
        _route = route;
        return this;
    }

    /// <summary>Estimates what a request costs in LLM tokens, where its own <see cref="RequestOptions.Cost"/> is 0.</summary>
    /// <param name="cost">Input and output together. In place of what was set before.</param>
    public RequestPipelineBuilder<TRequest, TResponse> UseCost(Func<TRequest, long> cost)
    {
        (_cost, _tokenCost) = (cost, null);
        return this;
    }

    /// <summary>Estimates what a request costs in LLM tokens, input and output apart, where its own <see cref="RequestOptions.Cost"/> is 0.</summary>
    /// <param name="cost">For limits on input or output tokens alone, and for all others. In place of what was set before.</param>
    public RequestPipelineBuilder<TRequest, TResponse> UseCost(Func<TRequest, TokenCost> cost)
    {
        (_cost, _tokenCost) = (null, cost);
        return this;
    }

    /// <summary>Says what an exception thrown by an endpoint means.</summary>
    public RequestPipelineBuilder<TRequest, TResponse> UseClassifier(OutcomeClassifier classifier)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        _classifier = classifier;
        return this;
    }

    /// <summary>Looks at every outcome and may replace it, such as an answer that is an apology by a failure.</summary>
    public RequestPipelineBuilder<TRequest, TResponse> Reclassify(Func<Outcome<TResponse>, Outcome<TResponse>> reclassify)
    {
        _reclassify = reclassify;
        return this;
    }

    /// <summary>Takes the time from another clock, such as a test's.</summary>
    public RequestPipelineBuilder<TRequest, TResponse> UseTimeProvider(TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        _timeProvider = timeProvider;
        return this;
    }

    /// <summary>Called when a request is about to wait for another attempt.</summary>
    public RequestPipelineBuilder<TRequest, TResponse> OnRetry(Action<RetryEvent> hook)
    {
        _onRetry += hook;
        return this;
    }

    /// <summary>Called when a request moves to another target, the first move included.</summary>
    public RequestPipelineBuilder<TRequest, TResponse> OnRedirect(Action<RedirectEvent> hook)
    {
        _onRedirect += hook;
        return this;
    }

    /// <summary>Called when the circuit of a target changes its state.</summary>
    public RequestPipelineBuilder<TRequest, TResponse> OnCircuitChanged(Action<CircuitEvent> hook)
    {
        _onCircuitChanged += hook;
        return this;
    }

    /// <summary>Called when a request is refused before it is let in.</summary>
    public RequestPipelineBuilder<TRequest, TResponse> OnRejected(Action<RejectionEvent> hook)
    {
        _onRejected += hook;
        return this;
    }

    /// <summary>Builds the pipeline. It runs until it is disposed.</summary>
    /// <exception cref="ConfigurationException">Something is wrong with the settings; all of it is said.</exception>
    public RequestPipeline<TRequest, TResponse> Build()
    {
        SettingsCheck check = new();
        _options.Check(check);
        if (_targets.Count is 0 or > MaxTargets)
        {
            check.Add($"The pipeline has {_targets.Count} targets; it needs from 1 to {MaxTargets}. Call AddTarget.");
        }

        foreach (IGrouping<string, TargetSettings<TRequest, TResponse>> twins in _targets.GroupBy(target => target.Id, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            check.Add($"There are {twins.Count()} targets with the id '{twins.Key}'; ids must be unique.");
        }

        foreach (TargetSettings<TRequest, TResponse> target in _targets)
        {
            target.Options.Check(check.In(target.Id));
        }

        CheckPools(check);
        _options.Hedging?.Check(check.In(null), [.. _targets.Select(target => target.Options)]);

        check.ThrowIfAny();
        return new RequestPipeline<TRequest, TResponse>(new PipelineSettings<TRequest, TResponse>
        {
            // Copies: changing an options object afterwards changes nothing.
            Options = _options.Copy(),
            Targets = [.. _targets.Select(target => target with { Options = target.Options.Copy() })],
            TimeProvider = _timeProvider,
            Classifier = _classifier,
            Reclassify = _reclassify,
            Checks = [.. _checks],
            Route = _route,
            Cost = _cost,
            TokenCost = _tokenCost,
            OnRetry = _onRetry,
            OnRedirect = _onRedirect,
            OnCircuitChanged = _onCircuitChanged,
            OnRejected = _onRejected,
            OnMemberParked = _onMemberParked,
        });
    }

    /// <summary>Reads the <c>AI_LIB_*</c> variables from elsewhere, for targets added from now on.</summary>
    internal RequestPipelineBuilder<TRequest, TResponse> UseEnvironment(Func<string, string?> read)
    {
        _environment = read;
        return this;
    }
}
