using AiLib.Dataflow.Simulator.Hashing;

namespace AiLib.Dataflow.Simulator.Faults;

/// <summary>Decides whether one arrival fails: a pure function of the seed, the request and its number of earlier arrivals.</summary>
internal static class FaultPlan
{
    // Keeps this use of the hash apart from answers and latencies, which start from the same facts.
    private const ulong Purpose = 0xFA17_0000_0000_0001;

    /// <summary>The fault for this arrival, or null when it is to be served.</summary>
    /// <param name="rates">How often each kind happens.</param>
    /// <param name="seed">The server's seed.</param>
    /// <param name="fingerprint">The hash of the path and the bytes of the body.</param>
    /// <param name="attempt">1 for the first arrival of this body, 2 for the second.</param>
    public static FaultKind? Decide(FaultRates rates, long seed, ulong fingerprint, int attempt)
    {
        if (rates.Total <= 0)
        {
            return null;
        }

        ulong request = StableHash.Combine(StableHash.Combine(Purpose, unchecked((ulong)seed)), fingerprint);
        return rates.Select(StableHash.ToUnit(StableHash.Combine(request, (ulong)attempt)));
    }
}
