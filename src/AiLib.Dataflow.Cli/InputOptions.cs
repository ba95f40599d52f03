using System.CommandLine;
using AiLib.Dataflow.Batch.Input;

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

    /// <summary>Gives a command the options.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _format, _url, _prompt, _system, _maxTokens, _idColumn })
        {
            command.Add(option);
        }
    }

    /// <summary>What the command line says.</summary>
    public BatchInputOptions Read(ParseResult parsed) => new()
    {
        Format = parsed.GetValue(_format),
        Url = parsed.GetValue(_url),
        Prompt = parsed.GetValue(_prompt),
        SystemPrompt = parsed.GetValue(_system),
        MaxTokens = parsed.GetValue(_maxTokens),
        IdColumn = parsed.GetValue(_idColumn),
    };

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
