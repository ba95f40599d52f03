using System.Numerics;

namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>What the ledger of one target shall do, said a second time: in exact numbers, without a thought for speed, and with objects where the product has editions and counters.</summary>
internal sealed partial class CreditModel
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly Scale _scale;
    private LimitPlan _plan;
    private long _now;
    private long _requestsTaken;
    private BigInteger _tokensTaken;
    private ModelBucket? _second;
    private ModelBucket? _minute;
    private ModelBucket? _tokens;
    private BigInteger _inputTaken;
    private BigInteger _outputTaken;
    private ModelBucket? _input;
    private ModelBucket? _output;
    private ModelBucket? _dayRequests;
    private ModelBucket? _dayTokens;

    /// <summary>A ledger with full buckets.</summary>
    public CreditModel(LimitPlan plan, Scale scale)
    {
        _plan = plan;
        _scale = scale;
        PutInForce();
    }

    /// <summary>Whether anything is limited.</summary>
    public bool IsLimited => IsPaced || _dayRequests is not null || _dayTokens is not null;

    /// <summary>Whether anything is limited over a minute or less.</summary>
    public bool IsPaced => _second is not null || _minute is not null || _tokens is not null || _input is not null || _output is not null;

    /// <summary>Whole requests that could start now; null where nothing limits them.</summary>
    public BigInteger? Requests => Least(_second, _minute, _dayRequests);

    /// <summary>Whole tokens that could be spent now; null where nothing limits them.</summary>
    public BigInteger? Tokens => Least(_tokens, _dayTokens);

    /// <summary>Whole input tokens that could be spent now; null where nothing limits them.</summary>
    public BigInteger? Input => _input?.Available;

    /// <summary>Whole output tokens that could be spent now; null where nothing limits them.</summary>
    public BigInteger? Output => _output?.Available;

    private IEnumerable<ModelBucket> All => new[] { _second, _minute, _tokens, _input, _output, _dayRequests, _dayTokens }.OfType<ModelBucket>();

    /// <summary>Lets time pass up to a timestamp; an earlier one changes nothing.</summary>
    public void MoveTo(long now)
    {
        if (now > _now)
        {
            foreach (ModelBucket bucket in All)
            {
                bucket.Flow(now - _now);
            }

            _now = now;
        }
    }

    /// <summary>How many units until a request of this cost may start; null when it never may.</summary>
    public BigInteger? WaitFor(TokenCost cost) => WaitFor(cost, _now);

    /// <summary>The same for one who asks as of an earlier time.</summary>
    public BigInteger? WaitFor(TokenCost cost, long now)
    {
        if (cost.Total > _plan.LargestCost || (cost.Input ?? cost.Total) > _plan.LargestInput || (cost.Output ?? cost.Total) > _plan.LargestOutput)
        {
            return null;
        }

        BigInteger[] waits =
        [
            HeldFor(now),
            _second?.WaitFor(1) ?? 0,
            _minute?.WaitFor(1) ?? 0,
            _tokens?.WaitFor(Cut(cost.Total)) ?? 0,
            _input?.WaitFor(InputOf(cost)) ?? 0,
            _output?.WaitFor(OutputOf(cost)) ?? 0,
            WaitForDay(cost),
        ];
        return waits.Max();
    }

    /// <summary>How many units until what a day allows is there.</summary>
    public BigInteger WaitForDay(TokenCost cost) => BigInteger.Max(
        _dayRequests?.WaitFor(1) ?? 0, _dayTokens?.WaitFor(Cut(cost.Total)) ?? 0);

    /// <summary>Takes the credits, which are there.</summary>
    public ModelReservation Take(TokenCost cost, long now)
    {
        TakeLook(now);
        long tokens = Cut(cost.Total);
        (long input, long output) = (InputOf(cost), OutputOf(cost));
        _second?.Take(1);
        _minute?.Take(1);
        _tokens?.Take(tokens);
        _input?.Take(input);
        _output?.Take(output);
        _dayRequests?.Take(1);
        _dayTokens?.Take(tokens);
        if (IsLimited)
        {
            _requestsTaken++;
            _tokensTaken += tokens;
            _inputTaken += input;
            _outputTaken += output;
        }

        return new ModelReservation(tokens, _second, _minute, _tokens, _requestsTaken, _tokensTaken)
        {
            Input = input,
            Output = output,
            FromInput = _input,
            FromOutput = _output,
            FromDayRequests = _dayRequests,
            FromDayTokens = _dayTokens,
            InputTaken = _inputTaken,
            OutputTaken = _outputTaken,
        };
    }

    /// <summary>What was really used; null when that is unknown, and then the estimate stays. So it does for a part that is not known, unless it is more than the whole.</summary>
    public void Settle(ModelReservation reservation, TokenCost? cost)
    {
        if (cost is { } real)
        {
            GiveBack(_tokens, reservation.FromTokens, reservation.Cost - real.Total);
            GiveBack(_dayTokens, reservation.FromDayTokens, reservation.Cost - real.Total);
            GiveBack(_input, reservation.FromInput, reservation.Input - (real.Input ?? Math.Min(real.Total, reservation.Input)));
            GiveBack(_output, reservation.FromOutput, reservation.Output - (real.Output ?? Math.Min(real.Total, reservation.Output)));
        }
    }

    /// <summary>The attempt was never made.</summary>
    public void Refund(ModelReservation reservation)
    {
        GiveBack(_second, reservation.FromSecond, 1);
        GiveBack(_minute, reservation.FromMinute, 1);
        GiveBack(_dayRequests, reservation.FromDayRequests, 1);
        Settle(reservation, new TokenCost(0, 0));
    }

    /// <summary>Other limits are configured.</summary>
    public void Update(LimitPlan plan)
    {
        _plan = plan;
        if (!plan.Learns)
        {
            _told.Clear();
        }

        PutInForce();
    }

    private static BigInteger? Least(params ModelBucket?[] buckets) => buckets.Min(static bucket => bucket?.Available);

    private static void GiveBack(ModelBucket? bucket, ModelBucket? from, long credits)
    {
        if (bucket is not null && bucket == from)
        {
            bucket.Give(credits);
        }
    }

    // Of more than a bucket holds whose size the target told, the bucket is all that it can take.
    private long Cut(long cost) => Math.Min(cost, Math.Min(_tokens?.Burst ?? long.MaxValue, _dayTokens?.Burst ?? long.MaxValue));

    // A part that is not known is taken for the whole where the user set the limit, and for nothing where the target did.
    private long InputOf(TokenCost cost) => _input is null ? 0 : Math.Min(_input.Burst, cost.Input ?? (_plan.Input is null ? 0 : cost.Total));

    private long OutputOf(TokenCost cost) => _output is null ? 0 : Math.Min(_output.Burst, cost.Output ?? (_plan.Output is null ? 0 : cost.Total));

    private void PutInForce()
    {
        ModelRate? second = null;
        if (_plan.MicroPerSecond is { } micro)
        {
            BigInteger kept = BigInteger.Max(1, (BigInteger)micro * (1_000_000 - (_plan.RequestHeadroom ?? _plan.Headroom)) / 1_000_000);
            second = new ModelRate(_scale.FlowOfMicro(kept), _plan.Burst ?? Math.Max(1, micro / 1_000_000));
        }

        ModelRate? minute = _plan.PerMinute is { } requests ? Rate(requests, Minute, _plan.Burst ?? Math.Max(1, requests / 60), ofRequests: true) : null;
        ModelRate? tokens = _plan.Tokens is { } perMinute ? Rate(perMinute, Minute, _plan.TokenBurst ?? perMinute) : null;
        _second = Follow(_second, "requests a second", second, Told.Second);
        _minute = Follow(_minute, "requests a minute", minute, Told.Minute);
        _tokens = Follow(_tokens, "tokens", tokens, Told.Tokens);
        ModelRate? input = _plan.Input is { } inputs ? Rate(inputs, Minute, _plan.InputBurst ?? inputs) : null;
        ModelRate? output = _plan.Output is { } outputs ? Rate(outputs, Minute, _plan.OutputBurst ?? outputs) : null;
        _input = Follow(_input, "input tokens", input, Told.Input);
        _output = Follow(_output, "output tokens", output, Told.Output);
        _dayRequests = Follow(_dayRequests, "requests a day", _plan.DayRequests is { } day ? OfDay(day, Day) : null, Told.DayRequests);
        _dayTokens = Follow(_dayTokens, "tokens a day", _plan.DayTokens is { } dayTokens ? OfDay(dayTokens, Day) : null, Told.DayTokens);
    }

    private ModelBucket? Follow(ModelBucket? before, string name, ModelRate? configured, Told what)
    {
        ModelRate? rate = configured;
        if (_told.TryGetValue(what, out (long Limit, TimeSpan Window) told))
        {
            long oneSecond = (long)BigInteger.Max(1, BigInteger.Min(told.Limit, (BigInteger)told.Limit * TimeSpan.TicksPerSecond / told.Window.Ticks));
            ModelRate asTold = what is Told.DayRequests or Told.DayTokens ? OfDay(told.Limit, told.Window)
                : Rate(told.Limit, told.Window, what is Told.Second or Told.Minute ? oneSecond : told.Limit, what is Told.Second or Told.Minute);
            rate = configured is null ? asTold
                : asTold.Flow < configured.Flow ? asTold with { Burst = Math.Min(told.Limit, configured.Burst) }
                : configured;
        }

        if (rate is null)
        {
            return null;
        }

        before?.Change(rate, configured);
        return before ?? new ModelBucket(name, _scale.Credit, rate, configured);
    }

    private ModelRate Rate(long credits, TimeSpan window, long burst, bool ofRequests = false) =>
        new(_scale.Flow(credits, window, (ofRequests ? _plan.RequestHeadroom : null) ?? _plan.Headroom), burst);

    // All of it at once, and what is left unused in ten thousandths.
    private ModelRate OfDay(long credits, TimeSpan window) => new(_scale.Flow(credits, window, (_plan.Headroom + 99) / 100 * 100), credits);
}

/// <summary>What an attempt took, and from where.</summary>
/// <param name="Cost">The tokens.</param>
/// <param name="FromSecond">The bucket of requests a second.</param>
/// <param name="FromMinute">The bucket of requests a minute.</param>
/// <param name="FromTokens">The bucket of tokens.</param>
/// <param name="RequestsTaken">How many had ever been taken then.</param>
/// <param name="TokensTaken">How many tokens they had taken.</param>
internal sealed record ModelReservation(long Cost, ModelBucket? FromSecond, ModelBucket? FromMinute, ModelBucket? FromTokens, long RequestsTaken, BigInteger TokensTaken)
{
    public long Input { get; init; }

    public long Output { get; init; }

    public ModelBucket? FromInput { get; init; }

    public ModelBucket? FromOutput { get; init; }

    public ModelBucket? FromDayRequests { get; init; }

    public ModelBucket? FromDayTokens { get; init; }

    public BigInteger InputTaken { get; init; }

    public BigInteger OutputTaken { get; init; }
}
