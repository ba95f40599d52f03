using AiLib.Dataflow.Scenarios.Overhead;
using AiLib.Dataflow.Scenarios.Quota;

namespace AiLib.Dataflow.Scenarios;

/// <summary>All scenarios, in the order in which they are run.</summary>
internal static class ScenarioList
{
    // The overhead first: what ran before would leave its mark on the profile that code is compiled from.
    private static readonly IScenario[] All =
    [
        new OverheadScenario(),
        new OneLaneSteady(),
        new OneLaneThrottled(),
        new ThreeLanesPrimaryDies(),
        new SlowConsumer(),
        new CallsInFlight(),
        new TenMillion(),
        new QuotaScenario(),
    ];

    /// <summary>Their names, for messages.</summary>
    public static string Names => string.Join(", ", All.Select(static scenario => scenario.Name));

    /// <summary>Finds scenarios by name, whatever the case of its letters; none, or <c>all</c>, means all.</summary>
    public static bool TryFind(IReadOnlyList<string> names, out IReadOnlyList<IScenario> scenarios, out string? unknown)
    {
        bool all = names.Count == 0 || names.Contains("all", StringComparer.OrdinalIgnoreCase);
        unknown = names.FirstOrDefault(static name => !Is(name, "all") && !Array.Exists(All, scenario => Is(name, scenario.Name)));
        scenarios = all ? All : [.. All.Where(scenario => names.Any(name => Is(name, scenario.Name)))];
        return unknown is null;
    }

    private static bool Is(string name, string other) => string.Equals(name, other, StringComparison.OrdinalIgnoreCase);
}
