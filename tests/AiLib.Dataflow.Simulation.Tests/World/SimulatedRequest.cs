namespace AiLib.Dataflow.Simulation.Tests.World;

/// <summary>A request and everything that happened to it.</summary>
internal sealed class SimulatedRequest(int id)
{
    public int Id { get; } = id;

    public RequestOptions Options { get; set; }

    /// <summary>When it was handed to the pipeline.</summary>
    public TimeSpan SubmittedAt { get; set; }

    /// <summary>Whether it is a call, and not a request of a stream.</summary>
    public bool IsCall { get; set; }

    /// <summary>The target of its hedge; null while it has none.</summary>
    public int? HedgedAt { get; set; }

    /// <summary>When its last attempt began, hedges apart.</summary>
    public TimeSpan StartedAt { get; set; }

    /// <summary>The targets of its attempts, in order; not that of its hedge.</summary>
    public List<int> Targets { get; } = [];

    /// <summary>Attempts at each target.</summary>
    public Dictionary<int, int> AttemptsAt { get; } = [];

    /// <summary>No attempt at that target before this time.</summary>
    public (int Target, TimeSpan Time) NotBefore { get; set; } = (-1, default);

    /// <summary>How often its caller was answered.</summary>
    public int Answers { get; set; }

    /// <summary>How often it has failed so far, for scripts that count.</summary>
    public int Failures { get; set; }

    public override string ToString() => $"request {Id} (attempts at {string.Join(",", Targets)}, answered {Answers}×)";
}
