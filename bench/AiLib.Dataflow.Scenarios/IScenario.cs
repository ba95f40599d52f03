using AiLib.Dataflow.Scenarios.Reporting;

namespace AiLib.Dataflow.Scenarios;

/// <summary>One situation that the pipeline and its rivals are put into.</summary>
internal interface IScenario
{
    /// <summary>What it is called on the command line.</summary>
    string Name { get; }

    /// <summary>Runs every rival through it and checks what came of it.</summary>
    /// <exception cref="ScenarioFailedException">A check did not hold.</exception>
    Task<ScenarioReport> RunAsync(ScenarioOptions options);
}

/// <summary>How scenarios are run.</summary>
/// <param name="Quick">Smaller: each ends within 30 seconds.</param>
internal sealed record ScenarioOptions(bool Quick)
{
    /// <summary>Whether the quota scenario goes over HTTP, in real time.</summary>
    public bool OverHttp { get; init; }

    /// <summary>How long each of its situations is; over HTTP, how long it is judged. Null for what is usual.</summary>
    public double? Minutes { get; init; }

    /// <summary>Parts of the names of its situations that are run; empty for all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Whether a situation is to be run.</summary>
    public bool Wants(string situation) => Only.Count == 0 || Only.Any(part => situation.Contains(part, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A check of a scenario did not hold.</summary>
internal sealed class ScenarioFailedException(string message) : Exception(message);
