namespace AiLib.Dataflow.Simulator.Limits;

/// <summary>What the headers say about both limits, after the request they belong to; null where there is no limit.</summary>
internal readonly record struct QuotaReading(LimitReading? Requests, LimitReading? Tokens);
