namespace AiLib.Dataflow.Providers.Quotas;

/// <summary>Reads the header fields of the IETF's draft on rate limits, in the forms of all its versions that are in use.</summary>
/// <remarks>
/// From version 8 on <c>RateLimit-Policy: "a";q=100;w=60</c> with <c>RateLimit: "a";r=50;t=30</c>; in version 7
/// <c>RateLimit: limit=100, remaining=50, reset=30</c>; before that <c>RateLimit-Limit</c>, <c>-Remaining</c> and <c>-Reset</c>.
/// The older two have <c>100;w=60</c> as their policy.
/// </remarks>
internal static class StandardQuotas
{
    // Longer fields hold no quota. Also bounds what a hostile server makes us look at.
    private const int MaxLength = 2048;
    private const int MaxMembers = 16;

    /// <summary>Adds what the headers say.</summary>
    public static void Read(Func<string, string?> header, ref QuotaList list)
    {
        ReadOnlySpan<char> policies = Find(header, "ratelimit-policy", ref list);
        ReadOnlySpan<char> states = Find(header, "ratelimit", ref list);
        ReadOnlySpan<char> limit = FieldText.Entry(states, "limit", MaxMembers);
        ReadOnlySpan<char> remaining = FieldText.Entry(states, "remaining", MaxMembers);
        if (!limit.IsEmpty || !remaining.IsEmpty)
        {
            ReadOne(limit, remaining, FieldText.Entry(states, "reset", MaxMembers), policies, ref list);
            return;
        }

        if (!states.IsEmpty)
        {
            ReadMany(policies, states, ref list);
            return;
        }

        limit = Find(header, "ratelimit-limit", ref list);
        remaining = Find(header, "ratelimit-remaining", ref list);
        if (limit.IsEmpty && remaining.IsEmpty)
        {
            ReadMany(policies, states, ref list);
            return;
        }

        // "100, 100;w=60": the limit itself, and behind it the policies, unless they have a field of their own.
        ReadOnlySpan<char> first = FieldText.Take(ref limit, ',');
        ReadOne(first, remaining, Find(header, "ratelimit-reset", ref list), policies.IsEmpty ? limit : policies, ref list);
    }

    private static ReadOnlySpan<char> Find(Func<string, string?> header, string name, scoped ref QuotaList list)
    {
        string? text = header(name);
        if (text is { Length: > MaxLength })
        {
            list.Ignore();
            return default;
        }

        return text;
    }

    private static void ReadOne(
        ReadOnlySpan<char> limit, ReadOnlySpan<char> remaining, ReadOnlySpan<char> reset, ReadOnlySpan<char> policies, ref QuotaList list)
    {
        TimeSpan? window = WindowOf(limit.Trim(), policies, ref list);
        list.Add(new QuotaReading(QuotaDimension.Requests, window, list.Amount(limit), list.Amount(remaining), list.FullIn(reset)));
    }

    private static TimeSpan? WindowOf(ReadOnlySpan<char> limit, ReadOnlySpan<char> policies, ref QuotaList list)
    {
        for (int i = 0; i < MaxMembers && !policies.IsEmpty; i++)
        {
            ReadOnlySpan<char> policy = FieldText.Take(ref policies, ',');
            if (!limit.IsEmpty && Allowance(policy).SequenceEqual(limit))
            {
                return list.Window(FieldText.Parameter(policy, "w"));
            }
        }

        return null;
    }

    private static void ReadMany(ReadOnlySpan<char> policies, ReadOnlySpan<char> states, ref QuotaList list)
    {
        ReadOnlySpan<char> rest = policies;
        for (int i = 0; i < MaxMembers && !rest.IsEmpty; i++)
        {
            ReadOnlySpan<char> policy = FieldText.Take(ref rest, ',');
            if (TryDimension(FieldText.Parameter(policy, "qu"), out QuotaDimension dimension))
            {
                ReadOnlySpan<char> state = Named(states, FieldText.Item(policy));
                list.Add(new QuotaReading(
                    dimension,
                    list.Window(FieldText.Parameter(policy, "w")),
                    list.Amount(Allowance(policy)),
                    list.Amount(FieldText.Parameter(state, "r")),
                    list.FullIn(FieldText.Parameter(state, "t"))));
            }
        }

        // What has no policy is told without a limit.
        rest = states;
        for (int i = 0; i < MaxMembers && !rest.IsEmpty; i++)
        {
            ReadOnlySpan<char> state = FieldText.Take(ref rest, ',');
            if (Named(policies, FieldText.Item(state)).IsEmpty)
            {
                long? remaining = list.Amount(FieldText.Parameter(state, "r"));
                TimeSpan? fullIn = list.FullIn(FieldText.Parameter(state, "t"));
                list.Add(new QuotaReading(QuotaDimension.Requests, Window: null, Limit: null, remaining, fullIn));
            }
        }
    }

    private static ReadOnlySpan<char> Named(ReadOnlySpan<char> members, ReadOnlySpan<char> name)
    {
        for (int i = 0; i < MaxMembers && !members.IsEmpty; i++)
        {
            ReadOnlySpan<char> member = FieldText.Take(ref members, ',');
            if (FieldText.Item(member).SequenceEqual(name))
            {
                return member;
            }
        }

        return default;
    }

    // The older policies have the number where the newer ones have a name.
    private static ReadOnlySpan<char> Allowance(ReadOnlySpan<char> policy)
    {
        ReadOnlySpan<char> quota = FieldText.Parameter(policy, "q");
        ReadOnlySpan<char> item = FieldText.Item(policy);
        return !quota.IsEmpty ? quota
            : item is [>= '0' and <= '9', ..] ? item
            : default;
    }

    // Bytes and requests at a time can be counted as well, and are none of our dimensions.
    private static bool TryDimension(ReadOnlySpan<char> unit, out QuotaDimension dimension)
    {
        dimension = unit is "tokens" ? QuotaDimension.Tokens : QuotaDimension.Requests;
        return unit is "" or "requests" or "tokens";
    }
}
