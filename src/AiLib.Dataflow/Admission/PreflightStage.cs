namespace AiLib.Dataflow.Admission;

/// <summary>The first stage, on the caller's side: may this request enter, and at which target does it start? It costs the request nothing.</summary>
/// <remarks>Stateless but for its settings; thread-safe.</remarks>
internal sealed class PreflightStage<TRequest>(
    PreflightCheck<TRequest>[] checks, ITargetFacts<TRequest>[] targets)
{
    /// <summary>Asks what does not change while the request waits: the users' checks. Once for each request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="options">What it wants.</param>
    /// <param name="cost">What it costs, whoever says so.</param>
    /// <returns>Null to let it in.</returns>
    public Refusal? Check(TRequest request, in RequestOptions options, in TokenCost cost)
    {
        if (checks.Length > 0)
        {
            RequestOptions priced = options with { TokenCost = cost };
            foreach (PreflightCheck<TRequest> check in checks)
            {
                if (Ask(check, request, priced) is { } refusal)
                {
                    return refusal;
                }
            }
        }

        return options.Deadline <= TimeSpan.Zero
            ? new Refusal("deadline", $"the deadline of {Duration.ToText(options.Deadline.Value)} leaves no time.")
            : null;
    }

    /// <summary>Finds the target to start at: the one asked for, else the next in fallback order that can be called, else the one that can be soonest.</summary>
    /// <param name="wanted">The request, and what is known of its cost.</param>
    /// <param name="candidates">How many targets it may start at, from the one it asks for on.</param>
    /// <param name="deadline">How long it may take; null for no limit.</param>
    /// <param name="whenUnavailable">What to do while no target can take it.</param>
    /// <param name="start">The target it asks for; afterwards the one it starts at.</param>
    /// <returns>Null to let it in.</returns>
    public Refusal? ChooseTarget(in RequestCost<TRequest> wanted, int candidates, TimeSpan? deadline, Unavailability whenUnavailable, ref int start)
    {
        int best = -1;
        TimeSpan soonest = TimeSpan.MaxValue;
        for (int step = 0; step < candidates; step++)
        {
            int index = (start + step) % targets.Length;
            if (!targets[index].Fits(wanted))
            {
                continue;
            }

            TimeSpan wait = targets[index].UnavailableFor();
            if (wait == TimeSpan.Zero)
            {
                start = index;
                return null;
            }

            if (wait < soonest || best < 0)
            {
                best = index;
                soonest = wait;
            }
        }

        if (best < 0)
        {
            return targets[start].NeverFits(wanted);
        }

        if (soonest >= deadline)
        {
            return new Refusal("deadline", $"no target can take the request within its deadline of {Duration.ToText(deadline.Value)}.", soonest);
        }

        start = best;
        return whenUnavailable == Unavailability.Hold
            ? null
            : new Refusal("unavailable", $"no target can take the request now; of the one that can soonest: {targets[best].WhyUnavailable}.", soonest) { Target = targets[best].Id };
    }

    private static Refusal? Ask(PreflightCheck<TRequest> check, TRequest request, in RequestOptions options)
    {
        try
        {
            return check(request, options);
        }
        catch (Exception error)
        {
            // A user's code: an error in it fails the request, not the pipeline.
            return new Refusal("preflight", $"a preflight check threw {error.GetType().Name}: {error.Message}");
        }
    }
}

/// <summary>What preflight has to know of a target.</summary>
internal interface ITargetFacts<TRequest>
{
    /// <summary>Its name.</summary>
    string Id { get; }

    /// <summary>Whether a request can ever pass.</summary>
    bool Fits(in RequestCost<TRequest> wanted);

    /// <summary>Why it cannot.</summary>
    Refusal NeverFits(in RequestCost<TRequest> wanted);

    /// <summary>How long the target is known to be unable to take requests; zero when it is able, however busy.</summary>
    TimeSpan UnavailableFor();

    /// <summary>Why it is, in words, without the time.</summary>
    string WhyUnavailable { get; }
}
