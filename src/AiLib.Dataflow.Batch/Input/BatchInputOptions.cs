namespace AiLib.Dataflow.Batch.Input;

/// <summary>How an input is read, and which part of it.</summary>
/// <remarks>Immutable. The same options and the same input give the same requests with the same ids in the same order, which is what lets a job go on.</remarks>
public sealed record BatchInputOptions
{
    /// <summary>How requests stand in it. Default: as the name of the file says, else JSON lines.</summary>
    public BatchInputFormat? Format { get; init; }

    /// <summary>
    /// The path that bodies without an envelope, and prompts, are sent to; one of those that a line may name. Default: what a body's own keys say
    /// (<c>messages</c>: chat completions, <c>prompt</c>: completions), and chat completions for prompts.
    /// </summary>
    public string? Url { get; init; }

    /// <summary>
    /// The user's message for each row of a table, with the names of columns in braces: <c>Translate: {text}</c>. Doubled braces stand for
    /// themselves. Default: none; the input is JSON lines.
    /// </summary>
    public string? Prompt { get; init; }

    /// <summary>The system's message before each prompt. Default: none.</summary>
    public string? SystemPrompt { get; init; }

    /// <summary>The longest answer to a prompt in LLM tokens, <c>max_tokens</c>. Default: what the provider allows.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>The column that holds each row's <c>custom_id</c>. Default: <c>row-1</c>, <c>row-2</c> …</summary>
    public string? IdColumn { get; init; }

    /// <summary>At most so many entries are read, in the order of reading. Default: all.</summary>
    public long? Limit { get; init; }

    /// <summary>So many entries, chosen at random but the same ones each time. Needs a file that can be read twice. Default: all.</summary>
    public long? SampleCount { get; init; }

    /// <summary>This share of the entries, from 0 to 1, chosen at random but the same ones each time. Default: all.</summary>
    public double? SampleShare { get; init; }

    /// <summary>
    /// Reads the lines in a random order that this number decides; memory is 8 bytes for each line. Needs JSON lines in a file that is not
    /// compressed. Also decides which entries a sample has. Default: the order of the file.
    /// </summary>
    public long? ShuffleSeed { get; init; }

    /// <summary>These options, with the format that a file's name says where they say none.</summary>
    /// <param name="path">The file's name. An ending such as <c>.gz</c> does not matter.</param>
    public BatchInputOptions WithFormatOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Format is null ? this with { Format = FormatOf(path) } : this;
    }

    private static BatchInputFormat FormatOf(string path)
    {
        string inner = Path.GetExtension(path).ToUpperInvariant() is ".GZ" or ".ZST" ? Path.GetFileNameWithoutExtension(path) : path;
        return Path.GetExtension(inner).ToUpperInvariant() switch
        {
            ".CSV" or ".TSV" => BatchInputFormat.Csv,
            ".PARQUET" => BatchInputFormat.Parquet,
            _ => BatchInputFormat.JsonLines,
        };
    }
}
