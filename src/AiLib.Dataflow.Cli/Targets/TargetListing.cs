using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Cli.Settings;
using AiLib.Dataflow.Cli.Terminal;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Cli.Targets;

/// <summary>Targets as they would be used, and who said what of them. Of keys only whether their variables are set.</summary>
/// <param name="plans">The targets.</param>
/// <param name="layers">Who says what.</param>
/// <param name="environment">Reads an environment variable.</param>
internal sealed class TargetListing(TargetPlans plans, SettingLayers layers, Func<string, string?> environment)
{
    // Of the settings of a run those that are not shown with each target.
    private static readonly HashSet<string> OfTargets = new([.. LimitTable.All.Select(limit => limit.OptionName), "--price"], StringComparer.Ordinal);

    /// <summary>For people.</summary>
    public IEnumerable<string> ToLines()
    {
        yield return SafeText.Of($"Configuration: {ConfigurationText()}");
        int number = 0;
        foreach (TargetPlan plan in plans.All)
        {
            yield return "";
            yield return SafeText.Of(string.Create(CultureInfo.InvariantCulture, $"{++number}. {plan.Id}"));
            foreach (string line in Table([.. Rows(plan)]))
            {
                yield return line;
            }
        }

        if (plans.All.Count > 1)
        {
            yield return "";
            yield return SafeText.Of($"Fallback order: {string.Join(", ", plans.All.Select(plan => plan.Id))} ({plans.OrderSource})");
        }

        Row[] others = [.. OtherRows()];
        if (others.Length > 0)
        {
            yield return "";
            yield return "For every run";
            foreach (string line in Table(others))
            {
                yield return line;
            }
        }
    }

    /// <summary>For programs: one JSON object in one line.</summary>
    /// <param name="problems">What a run would refuse.</param>
    public string ToJson(IReadOnlyList<string> problems)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("config", layers.Config?.Name);
            json.WriteStartArray("targets");
            foreach (TargetPlan plan in plans.All)
            {
                json.WriteStartObject();
                json.WriteString("name", plan.Id);
                Write(json, Rows(plan));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("fallback");
            json.WriteStartArray("value");
            foreach (TargetPlan plan in plans.All)
            {
                json.WriteStringValue(plan.Id);
            }

            json.WriteEndArray();
            json.WriteString("source", plans.OrderSource);
            json.WriteEndObject();
            json.WriteStartObject("defaults");
            Write(json, OtherRows());
            json.WriteEndObject();
            json.WriteStartArray("problems");
            foreach (string problem in problems)
            {
                json.WriteStringValue(problem);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private string ConfigurationText() => layers.Config is { } config ? $"{config.Name}{(config.IsNamed ? "" : " (found in this directory)")}" : "none";

    // Cell by cell, so that no value can pretend to be a line.
    private static IEnumerable<string> Table(Row[] rows)
    {
        (string Name, string Value, string Source)[] cells = [.. rows.Select(row => (row.Name, SafeText.Of(row.Value ?? "none"), SafeText.Of(row.Source)))];
        int name = cells.Max(cell => cell.Name.Length);
        int value = cells.Max(cell => DisplayWidth.Of(cell.Value));
        return cells.Select(cell => $"   {cell.Name.PadRight(name)}  {cell.Value}{new string(' ', value - DisplayWidth.Of(cell.Value))}  {cell.Source}");
    }

    private static void Write(Utf8JsonWriter json, IEnumerable<Row> rows)
    {
        foreach (Row row in rows)
        {
            json.WriteStartObject(row.Name);
            if (row.Number is { } number && double.IsFinite(number))
            {
                json.WriteNumber("value", number);
            }
            else
            {
                json.WriteString("value", row.Value);
            }

            json.WriteString("source", row.Source);
            json.WriteEndObject();
        }
    }

    // A key in a path or a model's name is a mistake, and is not shown all the same.
    private IEnumerable<Row> Rows(TargetPlan plan) => AllRows(plan).Select(row => row with { Value = row.Value is { } value ? Redactor.Patterns.Redact(value) : null });

    private IEnumerable<Row> AllRows(TargetPlan plan)
    {
        yield return new Row("provider", plan.Provider?.Id ?? TargetId.Simulator, plan.ProviderSource);

        // What stands behind the path of an address, or before its host, may be a secret.
        yield return new Row(
            "base_url",
            plan.Provider is null ? "embedded" : plan.Address.Value?.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
            plan.Address.Source);
        yield return new Row("model", plan.Model.Value ?? "of each request", plan.Model.Source);
        yield return new Row("key", KeyText(plan), plan.KeyVariables.Source);
        foreach (LimitSetting limit in plan.Limits)
        {
            string text = limit.Limit.TextOf(limit.Said.Value);
            yield return new Row(limit.Limit.Key, text, limit.Said.Source) { Number = double.TryParse(text, CultureInfo.InvariantCulture, out double number) ? number : null };
        }

        yield return new Row("price", plan.Prices is { } prices ? PriceText.Of(prices.Value) : null, plan.Prices?.Source ?? Sources.BuiltIn);
        foreach ((string name, Sourced<bool> allowed) in new[] { ("allow_private_network", plan.AllowPrivateNetwork), ("allow_insecure_http", plan.AllowInsecureHttp) })
        {
            if (allowed.Value)
            {
                yield return new Row(name, "yes", allowed.Source);
            }
        }
    }

    private IEnumerable<Row> OtherRows() => layers.NotFromTheCommandLine().Where(setting => !OfTargets.Contains(setting.Option.Name))
        .Select(setting => new Row(SettingName.KeyOf(setting.Option), Redactor.Patterns.Redact(setting.Said.Value), setting.Said.Source));

    private string KeyText(TargetPlan plan) => plan.KeyVariables.Value.Count == 0 ? "none needed" : string.Join(", ", plan.KeyVariables.Value.Select(variable =>
        !string.IsNullOrEmpty(environment(variable)) ? $"set (from {variable})"
        : plan.NeedsKey ? $"missing ({variable} is not set)"
        : $"none needed ({variable} is not set)"));

    private sealed record Row(string Name, string? Value, string Source)
    {
        /// <summary>The value, where it is a number.</summary>
        public double? Number { get; init; }
    }
}
