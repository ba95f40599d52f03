using System.CommandLine;
using System.Globalization;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Cli.Settings;

namespace AiLib.Dataflow.Cli;

/// <summary>The options that say how an input is read; every command that reads one has them.</summary>
internal sealed class InputOptions
{
    private readonly Option<BatchInputFormat?> _format = CommandOption.Parsed<BatchInputFormat?>(
        "--input-format", "jsonl|csv|parquet", "How the requests stand in the input. Default: as its name says.", ReadFormat);
    private readonly Option<string?> _url = CommandOption.Text(
        "--url", "PATH", "Where lines that are a body alone, and prompts, are sent. Default: what their keys say; /v1/chat/completions.");
    private readonly Option<string?> _prompt = CommandOption.Text(
        "--prompt", "TEXT", "What to ask of each row of a CSV or Parquet file, with the names of columns in braces: \"Translate: {text}\".");
    private readonly Option<string?> _system = CommandOption.Text("--system", "TEXT", "The system message before each prompt.");
    private readonly Option<int?> _maxTokens = CommandOption.Number("--max-tokens", 1, 10_000_000, "The longest answer to a prompt, in LLM tokens.");
    private readonly Option<string?> _idColumn = CommandOption.Text(
        "--id-column", "NAME", "The column with each row's custom_id. Default: row-1, row-2 and so on.");
    private readonly Option<long?> _limit = CommandOption.Number("--limit", 1, long.MaxValue, "Read at most so many requests.");
    private readonly Option<double?> _sample = CommandOption.Parsed<double?>(
        "--sample", "N|SHARE", "Read so many requests chosen at random, or a share such as 0.1; the same ones each time.", ReadSample);
    private readonly Option<long?> _shuffleSeed = CommandOption.Number(
        "--shuffle-seed", long.MinValue, long.MaxValue, "Read lines in a random order that this number decides; 8 bytes of memory for each line.");

    /// <summary>Those that a variable and a configuration file can stand for: what is the same for many inputs.</summary>
    public IEnumerable<Option> Settable => [_url, _prompt, _system, _maxTokens, _idColumn];

    /// <summary>Gives a command the options.</summary>
    public void AddTo(Command command)
    {
        CommandOption.Completes(_format, "jsonl", "csv", "parquet");
        foreach (Option option in new Option[] { _format, _url, _prompt, _system, _maxTokens, _idColumn, _limit, _sample, _shuffleSeed })
        {
            command.Add(option);
        }
    }

    /// <summary>What holds.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="layers">Who says what.</param>
    /// <param name="path">The input.</param>
    public BatchInputOptions Read(ParseResult parsed, SettingLayers layers, string path)
    {
        BatchInputOptions read = new()
        {
            Format = parsed.GetValue(_format),
            Url = layers.Value(_url),
            Limit = parsed.GetValue(_limit),
            SampleCount = parsed.GetValue(_sample) is >= 1 and { } count ? (long)count : null,
            SampleShare = parsed.GetValue(_sample) is < 1 and { } share ? share : null,
            ShuffleSeed = parsed.GetValue(_shuffleSeed),
        };
        bool isTable = read.WithFormatOf(path).Format is not BatchInputFormat.JsonLines;
        return read with
        {
            Prompt = OfTables(_prompt),
            SystemPrompt = OfTables(_system),
            MaxTokens = OfTables(_maxTokens),
            IdColumn = OfTables(_idColumn),
        };

        // Requests that are written out have no use for what a file says of all tables, and an option for them is a mistake.
        T? OfTables<T>(Option<T> option) => isTable ? layers.Value(option) : parsed.GetValue(option);
    }

    // Below 1 it is a share. All of them is no sample, so 1 is one.
    private static string? ReadSample(string text, out double? value)
    {
        bool isNumber = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            && number is > 0 and <= 1e15 && (number < 1 || Math.Floor(number) == number);
        value = isNumber ? number : null;
        return isNumber ? null : "it must be a whole number from 1, or a share between 0 and 1";
    }

    private static string? ReadFormat(string text, out BatchInputFormat? value)
    {
        value = text switch
        {
            "jsonl" => BatchInputFormat.JsonLines,
            "csv" or "tsv" => BatchInputFormat.Csv,
            "parquet" => BatchInputFormat.Parquet,
            _ => null,
        };
        return value is null ? "it must be jsonl, csv or parquet" : null;
    }
}
