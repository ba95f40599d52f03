using System.Numerics;
using AiLib.Dataflow.Simulation.Tests.World;

namespace AiLib.Dataflow.Simulation.Tests.Credits;

/// <summary>I6 by its definition: over every window no more is taken than flows in meanwhile, and one burst, that of its beginning. Knows nothing of levels.</summary>
/// <param name="name">Of what.</param>
internal sealed class WindowLog(string name)
{
    private BigInteger _brought;
    private BigInteger _taken;
    private BigInteger? _most;

    /// <summary>So much flowed in.</summary>
    public void Bring(BigInteger units) => _brought += units;

    /// <summary>So much is taken now; throws when that is too much for any window that ends here.</summary>
    public void Take(BigInteger units, BigInteger burst)
    {
        // A window from i to j holds taken(j) - taken(before i), and may hold brought(j) - brought(i) + burst(i). So of all beginnings the tightest decides.
        BigInteger most = _taken - _brought + burst;
        _most = _most is { } known && known < most ? known : most;
        _taken += units;
        if (_taken - _brought > _most)
        {
            throw new SimulationFailure("I6", $"{name}: a window holds {_taken - _brought - _most.Value} units more than its rate and its burst");
        }
    }

    /// <summary>So much came back unused.</summary>
    public void Give(BigInteger units) => _taken -= units;
}
