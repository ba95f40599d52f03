using Parquet;
using Parquet.Schema;

namespace AiLib.Dataflow.Batch.Export;

/// <summary>The columns of the table of results, and how a group of rows is written into them.</summary>
internal static class ResultColumns
{
    private static readonly (DataField Field, Func<ResultRow, string?> ValueOf)[] Texts =
    [
        (new DataField<string>("custom_id"), row => row.CustomId),
        (new DataField<string>("text"), row => row.Text),
        (new DataField<string>("error_code"), row => row.ErrorCode),
        (new DataField<string>("error_message"), row => row.ErrorMessage),
        (new DataField<string>("target"), row => row.Target),
        (new DataField<string>("request_id"), row => row.RequestId),
        (new DataField<string>("body"), row => row.Body),
    ];

    private static readonly (DataField Field, Func<ResultRow, long?> ValueOf)[] Numbers =
    [
        (new DataField<long?>("status"), row => row.Status),
        (new DataField<long?>("input_tokens"), row => row.InputTokens),
        (new DataField<long?>("output_tokens"), row => row.OutputTokens),
        (new DataField<long?>("attempts"), row => row.Attempts),
        (new DataField<long?>("latency_ms"), row => row.LatencyMilliseconds),
    ];

    // Not a decimal: few readers of tables add those up as fast, or at all. The lines say it exactly.
    private static readonly (DataField Field, Func<ResultRow, double?> ValueOf)[] Amounts = [(new DataField<double?>("cost_usd"), row => row.CostUsd)];

    /// <summary>The columns in the order in which they are written.</summary>
    public static ParquetSchema Schema { get; } = new(
        [.. Texts.Select(column => column.Field), .. Numbers.Select(column => column.Field), .. Amounts.Select(column => column.Field)]);

    /// <summary>Writes rows as one group.</summary>
    public static async Task WriteAsync(ParquetWriter writer, IReadOnlyList<ResultRow> rows, CancellationToken cancellationToken)
    {
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        foreach ((DataField field, Func<ResultRow, string?> valueOf) in Texts)
        {
            await group.WriteAsync(field, rows.Select(valueOf).ToArray()!).ConfigureAwait(Continuations.KeepContext);
        }

        foreach ((DataField field, Func<ResultRow, long?> valueOf) in Numbers)
        {
            await group.WriteAsync<long>(field, rows.Select(valueOf).ToArray(), cancellationToken: cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }

        foreach ((DataField field, Func<ResultRow, double?> valueOf) in Amounts)
        {
            await group.WriteAsync<double>(field, rows.Select(valueOf).ToArray(), cancellationToken: cancellationToken).ConfigureAwait(Continuations.KeepContext);
        }
    }
}
