namespace AiLib.Dataflow.Batch.Export;

/// <summary>A line of the results or the errors as a row of a table. Null is what the line does not say.</summary>
internal sealed record ResultRow
{
    public string? CustomId { get; init; }

    public int? Status { get; init; }

    public string? Text { get; init; }

    public string? Body { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }

    public string? Target { get; init; }

    public string? RequestId { get; init; }

    public int? Attempts { get; init; }

    public long? LatencyMilliseconds { get; init; }

    public long? InputTokens { get; init; }

    public long? OutputTokens { get; init; }

    public double? CostUsd { get; init; }

    /// <summary>About how much memory it takes.</summary>
    public long Bytes => 200 + (2L * ((CustomId?.Length ?? 0) + (Text?.Length ?? 0) + (Body?.Length ?? 0) + (ErrorMessage?.Length ?? 0)));
}
