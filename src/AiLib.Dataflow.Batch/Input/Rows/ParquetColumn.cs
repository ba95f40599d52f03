using System.Globalization;
using Parquet;
using Parquet.Schema;

namespace AiLib.Dataflow.Batch.Input.Rows;

/// <summary>Reads one column of one group of rows as texts.</summary>
internal static class ParquetColumn
{
    private delegate Task<string?[]> ReadTexts(ParquetRowGroupReader group, DataField field, CancellationToken cancellationToken);

    // What has one obvious form as text.
    private static readonly Dictionary<Type, ReadTexts> Readers = new()
    {
        [typeof(string)] = ReadStringsAsync,
        [typeof(ReadOnlyMemory<char>)] = ReadStringsAsync,
        [typeof(bool)] = (group, field, cancellationToken) => ReadAsync<bool>(group, field, static value => value ? "true" : "false", cancellationToken),
        [typeof(sbyte)] = ReadNumbersAsync<sbyte>,
        [typeof(byte)] = ReadNumbersAsync<byte>,
        [typeof(short)] = ReadNumbersAsync<short>,
        [typeof(ushort)] = ReadNumbersAsync<ushort>,
        [typeof(int)] = ReadNumbersAsync<int>,
        [typeof(uint)] = ReadNumbersAsync<uint>,
        [typeof(long)] = ReadNumbersAsync<long>,
        [typeof(ulong)] = ReadNumbersAsync<ulong>,
        [typeof(float)] = ReadNumbersAsync<float>,
        [typeof(double)] = ReadNumbersAsync<double>,
        [typeof(decimal)] = ReadNumbersAsync<decimal>,
        [typeof(Guid)] = (group, field, cancellationToken) => ReadAsync<Guid>(group, field, static value => value.ToString(), cancellationToken),
        [typeof(DateTime)] = (group, field, cancellationToken) =>
            ReadAsync<DateTime>(group, field, static value => value.ToString("O", CultureInfo.InvariantCulture), cancellationToken),
    };

    /// <summary>Whether its values have a form as text.</summary>
    public static bool IsReadable(DataField field) => !field.IsArray && field.MaxRepetitionLevel == 0 && Readers.ContainsKey(field.ClrType);

    /// <summary>Reads it; null where there is no value.</summary>
    public static Task<string?[]> ReadAsync(ParquetRowGroupReader group, DataField field, CancellationToken cancellationToken) =>
        Readers[field.ClrType](group, field, cancellationToken);

    private static async Task<string?[]> ReadStringsAsync(ParquetRowGroupReader group, DataField field, CancellationToken cancellationToken)
    {
        string?[] texts = new string?[group.RowCount];
        await group.ReadAsync(field, texts.AsMemory()!, cancellationToken: cancellationToken).ConfigureAwait(Continuations.KeepContext);
        return texts;
    }

    private static Task<string?[]> ReadNumbersAsync<T>(ParquetRowGroupReader group, DataField field, CancellationToken cancellationToken)
        where T : struct, IFormattable => ReadAsync<T>(group, field, static value => value.ToString(null, CultureInfo.InvariantCulture), cancellationToken);

    private static async Task<string?[]> ReadAsync<T>(
        ParquetRowGroupReader group, DataField field, Func<T, string> toText, CancellationToken cancellationToken)
        where T : struct
    {
        if (field.IsNullable)
        {
            T?[] values = new T?[group.RowCount];
            await group.ReadAsync<T>(field, values.AsMemory(), cancellationToken: cancellationToken).ConfigureAwait(Continuations.KeepContext);
            return Array.ConvertAll(values, value => value is { } given ? toText(given) : null);
        }

        T[] all = new T[group.RowCount];
        await group.ReadAsync<T>(field, all.AsMemory(), cancellationToken: cancellationToken).ConfigureAwait(Continuations.KeepContext);
        return Array.ConvertAll(all, value => (string?)toText(value));
    }
}
