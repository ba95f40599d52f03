using AiLib.Dataflow.Simulator.Limits;

namespace AiLib.Dataflow.Simulator.Desk;

/// <summary>What the front desk decided about one request.</summary>
/// <param name="Decision">What is to become of it.</param>
/// <param name="Attempt">How often it has arrived, this time included.</param>
/// <param name="Fault">The fault to inject, when faulted.</param>
/// <param name="Refusal">The limit in the way, when rate limited.</param>
/// <param name="Quota">What the headers say.</param>
internal readonly record struct Ruling(
    ArrivalDecision Decision,
    int Attempt,
    FaultKind? Fault,
    LimitRefusal? Refusal,
    QuotaReading Quota);
