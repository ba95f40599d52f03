namespace AiLib.Dataflow.Capacity;

/// <summary>What a target has told that one request may cost there at most: in all, of its prompt, and of its answer. In our own estimates.</summary>
/// <remarks>Immutable and pure.</remarks>
internal sealed class ToldCosts
{
    private static readonly Bound Unbounded = new(long.MaxValue, long.MaxValue);

    private readonly Bound _total;
    private readonly Bound _input;
    private readonly Bound _output;

    private ToldCosts(Bound total, Bound input, Bound output) => (_total, _input, _output) = (total, input, output);

    /// <summary>Nothing was told.</summary>
    public static ToldCosts None { get; } = new(Unbounded, Unbounded, Unbounded);

    /// <summary>Whether it takes nothing at all.</summary>
    public bool AllowsNothing => _total.Largest < 0;

    /// <summary>Whether it depends on what a cost is made of.</summary>
    public bool CountsApart => _input != Unbounded || _output != Unbounded;

    /// <summary>The largest total that fits, however it is made up.</summary>
    public long LargestOfAnyKind => Math.Min(_total.Largest, Math.Min(_input.Largest, _output.Largest));

    /// <summary>With what the target said when it refused a request for its cost. It only tightens.</summary>
    /// <param name="told">What it said.</param>
    /// <param name="own">What we had counted for that request.</param>
    public ToldCosts With(in CostLimit told, in TokenCost own) => told switch
    {
        { Limit: <= 0 } => new ToldCosts(new Bound(-1, 0), _input, _output),
        { Dimension: QuotaDimension.Tokens } => new ToldCosts(Bound.Tighter(_total, Bound.Of(told, own.Total)), _input, _output),
        { Dimension: QuotaDimension.InputTokens } => new ToldCosts(_total, Bound.Tighter(_input, Bound.Of(told, own.InputAtMost)), _output),
        { Dimension: QuotaDimension.OutputTokens } => new ToldCosts(_total, _input, Bound.Tighter(_output, Bound.Of(told, own.OutputAtMost))),
        _ => this,
    };

    /// <summary>What a request of this cost is too large for, as it was told, with what it costs of that; null when nothing is. A part that is not known may fit.</summary>
    public CostLimit? Exceeded(in TokenCost cost) =>
        cost.Total > _total.Largest ? new CostLimit(QuotaDimension.Tokens, _total.Told, cost.Total)
        : cost.Input > _input.Largest ? new CostLimit(QuotaDimension.InputTokens, _input.Told, cost.Input)
        : cost.Output > _output.Largest ? new CostLimit(QuotaDimension.OutputTokens, _output.Told, cost.Output)
        : null;

    /// <summary>The most of one kind.</summary>
    /// <param name="Largest">In our own counting; below zero when nothing is allowed.</param>
    /// <param name="Told">In the target's words.</param>
    private readonly record struct Bound(long Largest, long Told)
    {
        /// <summary>
        /// What follows from a refusal. The target counts otherwise than we do: what we had counted for the refused one says by how much, and is used only in the direction in which nothing is
        /// refused that might fit. Where the target did not say what it counted, all that is known is that so much of ours is too much.
        /// </summary>
        public static Bound Of(in CostLimit told, long own) => told.Requested is > 0 and { } requested
            ? new((long)Math.Min(long.MaxValue, told.Limit * Math.Max(1, (double)own / requested)), told.Limit)
            : new(Math.Max(told.Limit, own - 1), told.Limit);

        public static Bound Tighter(Bound one, Bound other) => other.Largest < one.Largest ? other : one;
    }
}
