namespace AiLib.Dataflow.Scenarios.Reporting;

/// <summary>What came of one scenario.</summary>
/// <param name="Scenario">The scenario.</param>
/// <param name="Tables">What was measured.</param>
internal sealed record ScenarioReport(string Scenario, params IReadOnlyList<ReportTable> Tables)
{
    /// <summary>Bars that were missed; the figures are right all the same.</summary>
    public IReadOnlyList<string> Failures { get; init; } = [];

    /// <summary>Why the figures may be wrong.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>Rivals side by side.</summary>
/// <param name="Id">What it is called in JSON.</param>
/// <param name="Title">What was done, in one line.</param>
/// <param name="Rows">The rivals.</param>
internal sealed record ReportTable(string Id, string Title, IReadOnlyList<ReportRow> Rows);

/// <summary>One rival, or one ratio between two.</summary>
/// <param name="Rival">Its name.</param>
/// <param name="Metrics">What it took.</param>
internal sealed record ReportRow(string Rival, params IReadOnlyList<Metric> Metrics);

/// <summary>One figure.</summary>
/// <param name="Name">What it is called, in tables and in JSON; it names the unit.</param>
/// <param name="Value">The figure.</param>
/// <param name="Format">How it is shown in tables.</param>
internal readonly record struct Metric(string Name, double Value, string Format = "0.00");
