using System.Threading.RateLimiting;
using System.Threading.Tasks.Dataflow;
using AiLib.Dataflow.Rivals.Policies;

namespace AiLib.Dataflow.Rivals.Streaming;

/// <summary>The same six stages as TPL Dataflow blocks: preflight, rate gate, dispatch, classification, and links back for retries and on to a fallback.</summary>
/// <remarks>
/// <code>
///   preflight ─► rate gate ─┬────────────► dispatch ─► classify ─┬─► results
///                   ▲       └─► credits ──────▲                  ├─► retry ─┐
///                   └────────────────────────────────────────────┼──────────┘
///                                                                └─► fallback ─► results
/// </code>
/// <para>Credits and retry wait, in blocks without a bound, so the way back never blocks. A stage that rarely waits does so in another block, and
/// dispatch is an action block that posts on, because a transform block with an asynchronous body pays for it with each item, even where the body
/// does not wait. Order is not kept, items and their completed tasks are used again, and blocks that one other block feeds are told so. It lives as long as
/// this object; a run ends when its last result has come.</para>
/// </remarks>
public sealed class TplStreaming : IStreamRival
{
    private static readonly DataflowLinkOptions Propagate = new() { PropagateCompletion = true };

    // Set once in the constructor.
    private readonly IProvider _provider;
    private readonly IProvider _backup;
    private readonly TokenBucketRateLimiter _rate = UnboundRate.Create();
    private readonly TplBreaker _breaker = new();
    private readonly TplItemPool _items = new();
    private readonly TransformBlock<TplItem, TplItem> _preflight;
    private readonly TransformBlock<TplItem, TplItem> _gate;
    private readonly ActionBlock<TplItem> _dispatch;
    private readonly TransformBlock<TplItem, TplItem> _classify;
    private readonly ActionBlock<TplItem> _results;

    // Written between runs, and then by the results block only.
    private TaskCompletionSource<long> _run = new();
    private long _sum;
    private int _open;

    /// <summary>Creates the network.</summary>
    /// <param name="provider">Answers.</param>
    /// <param name="inFlight">The most requests in flight.</param>
    public TplStreaming(IProvider provider, int inFlight)
    {
        _provider = _backup = provider;
        int capacity = PipelinePolicy.SlotsFor(inFlight);
        ExecutionDataflowBlockOptions one = Options(capacity, parallel: 1, oneProducer: true);
        ExecutionDataflowBlockOptions joined = Options(capacity, parallel: 1, oneProducer: false);
        ExecutionDataflowBlockOptions waiting = Options(DataflowBlockOptions.Unbounded, DataflowBlockOptions.Unbounded, oneProducer: true);
        _preflight = new TransformBlock<TplItem, TplItem>(Check, one);
        _gate = new TransformBlock<TplItem, TplItem>(TakeCredit, joined);
        _dispatch = new ActionBlock<TplItem>(DispatchAsync, Options(capacity, inFlight, oneProducer: false));
        ActionBlock<TplItem> credits = new(WaitForCreditAsync, waiting);
        _classify = new TransformBlock<TplItem, TplItem>(Classify, joined);
        ActionBlock<TplItem> retry = new(RetryAsync, waiting);
        TransformBlock<TplItem, TplItem> fallback = new(item => AttemptAsync(item, _backup), Options(capacity, inFlight, oneProducer: true));
        _results = new ActionBlock<TplItem>(Take, joined);

        // The usual way first: predicates are asked in this order.
        _preflight.LinkTo(_gate, Propagate, static item => item.Error is null);
        _preflight.LinkTo(_results, static item => item.Error is not null);
        _gate.LinkTo(_dispatch, Propagate, static item => item.HasCredit);
        _gate.LinkTo(credits, static item => !item.HasCredit);
        _classify.LinkTo(_results, Propagate, static item => item.Verdict == TplVerdict.Settle);
        _classify.LinkTo(retry, static item => item.Verdict == TplVerdict.Retry);
        _classify.LinkTo(fallback, static item => item.Verdict == TplVerdict.Redirect);
        fallback.LinkTo(_results);
    }

    /// <inheritdoc/>
    public string Name => RivalNames.Tpl;

    /// <inheritdoc/>
    public async Task<long> RunAsync(int requests)
    {
        _run = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        _sum = 0;
        Volatile.Write(ref _open, requests);
        for (int request = 0; request < requests; request++)
        {
            TplItem item = _items.Rent(request);
            if (!_preflight.Post(item))
            {
                await _preflight.SendAsync(item).ConfigureAwait(false);
            }
        }

        return await _run.Task.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Nothing is under way between runs, so completion follows the usual way to its end; dispatch is not linked to what it posts to.
        _preflight.Complete();
        await _dispatch.Completion.ConfigureAwait(false);
        _classify.Complete();
        await _results.Completion.ConfigureAwait(false);
        await _rate.DisposeAsync().ConfigureAwait(false);
    }

    private static ExecutionDataflowBlockOptions Options(int capacity, int parallel, bool oneProducer) => new()
    {
        BoundedCapacity = capacity,
        MaxDegreeOfParallelism = parallel,
        EnsureOrdered = false,
        SingleProducerConstrained = oneProducer,
    };

    private static TplItem Check(TplItem item)
    {
        item.Error = item.Request >= 0 ? null : new ArgumentOutOfRangeException(nameof(item), "it is negative.");
        return item;
    }

    private TplItem TakeCredit(TplItem item)
    {
        using RateLimitLease lease = _rate.AttemptAcquire();
        item.HasCredit = lease.IsAcquired;
        return item;
    }

    private async Task WaitForCreditAsync(TplItem item)
    {
        using RateLimitLease lease = await _rate.AcquireAsync().ConfigureAwait(false);
        item.HasCredit = true;
        await _dispatch.SendAsync(item).ConfigureAwait(false);
    }

    private Task DispatchAsync(TplItem item)
    {
        Task<TplItem> attempt = AttemptAsync(item, _provider);
        return attempt.IsCompletedSuccessfully && _classify.Post(item) ? Task.CompletedTask : Later(this, attempt);

        static async Task Later(TplStreaming network, Task<TplItem> attempt)
        {
            TplItem item = await attempt.ConfigureAwait(false);
            if (!network._classify.Post(item))
            {
                await network._classify.SendAsync(item).ConfigureAwait(false);
            }
        }
    }

    private Task<TplItem> AttemptAsync(TplItem item, IProvider provider)
    {
        item.Attempts++;
        if (_breaker.IsOpen && item.Verdict != TplVerdict.Redirect)
        {
            item.Error = TplBreaker.Open;
            return item.Completed;
        }

        ValueTask<int> call;
        try
        {
            call = provider.AnswerAsync(item.Request);
        }
        catch (Exception error)
        {
            // An exception would fault the block and with it the network.
            item.Error = error;
            return item.Completed;
        }

        if (!call.IsCompletedSuccessfully)
        {
            return Later(item, call);
        }

        item.Answer = call.Result;
        item.Error = null;
        return item.Completed;

        static async Task<TplItem> Later(TplItem item, ValueTask<int> call)
        {
            try
            {
                item.Answer = await call.ConfigureAwait(false);
                item.Error = null;
            }
            catch (Exception error)
            {
                // As above.
                item.Error = error;
            }

            return item;
        }
    }

    private TplItem Classify(TplItem item)
    {
        if (item.Error != TplBreaker.Open)
        {
            _breaker.Report(item.Error is null);
        }

        item.Verdict = item.Error is null ? TplVerdict.Settle
            : _breaker.IsOpen || item.Attempts > 3 ? TplVerdict.Redirect
            : TplVerdict.Retry;
        return item;
    }

    private async Task RetryAsync(TplItem item)
    {
        await Task.Delay(TimeSpan.FromSeconds(1 << item.Attempts) / 2).ConfigureAwait(false);
        await _gate.SendAsync(item).ConfigureAwait(false);
    }

    private void Take(TplItem item)
    {
        _sum += item.Error is null ? item.Answer : 0;
        _items.Return(item);
        if (--_open == 0)
        {
            _run.SetResult(_sum);
        }
    }
}
