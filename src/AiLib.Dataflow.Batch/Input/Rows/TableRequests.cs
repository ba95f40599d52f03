using System.Globalization;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Input.Rows;

/// <summary>Makes a request of each row of a table: the prompt with the row's values in it.</summary>
/// <remarks>For one reader.</remarks>
internal sealed class TableRequests : IDisposable
{
    private const int MostNamesInAMessage = 30;

    private readonly PromptTemplate _prompt;
    private readonly PromptBody _body;
    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);
    private readonly string? _idColumn;

    /// <summary>Finds the columns that the options name.</summary>
    /// <param name="names">The table's columns in order.</param>
    /// <param name="options">The prompt, and where the id is.</param>
    /// <exception cref="ConfigurationException">There is no prompt, or a column that is named is not there, or is there twice.</exception>
    public TableRequests(IReadOnlyList<string> names, BatchInputOptions options)
    {
        if (options.Prompt is null)
        {
            throw new ConfigurationException([$"The input is a table: say what to ask of each row, with --prompt and the names of columns in braces. {Describe(names)}"]);
        }

        _prompt = PromptTemplate.Parse(options.Prompt);
        _idColumn = options.IdColumn;
        List<string> problems = [];
        foreach (string column in options.IdColumn is { } id ? _prompt.Columns.Append(id) : _prompt.Columns)
        {
            int places = names.Count(name => string.Equals(name, column, StringComparison.Ordinal));
            if (places == 1)
            {
                _columns[column] = names.ToList().IndexOf(column);
            }
            else
            {
                problems.Add($"The input has {(places == 0 ? "no column" : "several columns")} '{column}'. {Describe(names)}");
            }
        }

        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }

        Used = [.. _columns.Values.Distinct().Order()];
        _body = new PromptBody(options.Url, options.SystemPrompt, options.MaxTokens);
    }

    /// <summary>The places of the columns whose values are asked for.</summary>
    public IReadOnlyList<int> Used { get; }

    /// <summary>Makes a request of a row.</summary>
    /// <param name="number">Where it stands, for messages.</param>
    /// <param name="row">Its place among the rows, from 1, for its id.</param>
    /// <param name="valueOf">The value in a column's place; null when there is none.</param>
    /// <param name="request">The request, if it is one.</param>
    /// <returns>What is wrong with it; null when it is a request.</returns>
    public BatchLineError? Parse(long number, long row, Func<int, string?> valueOf, out BatchRequest? request)
    {
        request = null;
        string id = string.Create(CultureInfo.InvariantCulture, $"row-{row}");
        if (_idColumn is not null)
        {
            string? given = valueOf(_columns[_idColumn]);
            if (!CustomIds.IsUsable(given))
            {
                return new BatchLineError(BatchLineErrors.InvalidId, number, Column: 1, $"The value in the column '{_idColumn}' cannot be a custom_id.", CustomIds.Cure);
            }

            id = given!;
        }

        if (Array.Find(_prompt.Columns, column => valueOf(_columns[column]) is null) is { } missing)
        {
            return new BatchLineError(BatchLineErrors.MissingField, number, Column: 1, $"The row has no value in the column '{missing}'.",
                "Fill it, or leave the row out.", id);
        }

        string text = _prompt.Fill(column => valueOf(_columns[column])!);
        request = new BatchRequest(id, number, new ProviderRequest(_body.Path, _body.Of(text)));
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _body.Dispose();

    private static string Describe(IReadOnlyList<string> names)
    {
        string more = names.Count > MostNamesInAMessage ? string.Create(CultureInfo.InvariantCulture, $" and {names.Count - MostNamesInAMessage} more") : "";
        return $"Its columns: {string.Join(", ", names.Take(MostNamesInAMessage).Select(name => $"'{name}'"))}{more}.";
    }
}
