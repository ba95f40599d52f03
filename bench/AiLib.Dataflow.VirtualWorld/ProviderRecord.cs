using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.VirtualWorld;

/// <summary>What a provider saw, second by second, by the time at which calls began.</summary>
internal sealed class ProviderRecord
{
    private readonly List<Second> _seconds = [];

    /// <summary>What a simulator saw. Whether a call is answered is decided when it arrives.</summary>
    public static ProviderRecord Of(IEnumerable<Arrival> arrivals)
    {
        ProviderRecord record = new();
        foreach (Arrival arrival in arrivals)
        {
            record.Note(arrival.At, arrival.ChargedTokens, arrival.Decision switch
            {
                ArrivalDecision.Served => CallEnd.Answered,
                ArrivalDecision.RateLimited => CallEnd.Refused,
                _ => CallEnd.Dead,
            });
        }

        return record;
    }

    /// <summary>Notes a call.</summary>
    /// <param name="began">When it began.</param>
    /// <param name="tokens">What it was charged.</param>
    /// <param name="end">How it ended.</param>
    public void Note(TimeSpan began, long tokens, CallEnd end)
    {
        int index = (int)began.TotalSeconds;
        while (_seconds.Count <= index)
        {
            _seconds.Add(default);
        }

        Second second = _seconds[index];
        _seconds[index] = end switch
        {
            CallEnd.Answered => second with { Answered = second.Answered + 1, Tokens = second.Tokens + tokens },
            CallEnd.Refused => second with { Refused = second.Refused + 1 },
            _ => second with { Dead = second.Dead + 1 },
        };
    }

    /// <summary>The sum over whole seconds from the first to before the last.</summary>
    public Second Between(TimeSpan from, TimeSpan to)
    {
        Second sum = default;
        for (int index = (int)from.TotalSeconds; index < Math.Min(_seconds.Count, (int)to.TotalSeconds); index++)
        {
            Second second = _seconds[index];
            sum = new Second(sum.Answered + second.Answered, sum.Tokens + second.Tokens, sum.Refused + second.Refused, sum.Dead + second.Dead);
        }

        return sum;
    }

    /// <summary>Calls of some time.</summary>
    /// <param name="Answered">With an answer.</param>
    /// <param name="Tokens">What those cost.</param>
    /// <param name="Refused">With a 429.</param>
    /// <param name="Dead">With an error.</param>
    internal readonly record struct Second(long Answered, long Tokens, long Refused, long Dead)
    {
        /// <summary>All calls.</summary>
        public long Calls => Answered + Refused + Dead;

        /// <summary>The share of 429s.</summary>
        public double RefusedShare => Calls == 0 ? 0 : (double)Refused / Calls;
    }
}
