namespace AiLib.Dataflow.Batch.Input;

/// <summary>The codes of line errors. Those that OpenAI's batch API has are called as they are there.</summary>
internal static class BatchLineErrors
{
    public const string InvalidJson = "invalid_json_line";
    public const string LineTooLong = "line_too_long";
    public const string DuplicateId = "duplicate_custom_id";
    public const string DuplicateKey = "duplicate_key";
    public const string MissingField = "missing_field";
    public const string InvalidId = "invalid_custom_id";
    public const string InvalidMethod = "invalid_method";
    public const string UrlMismatch = "url_mismatch";
    public const string InvalidBody = "invalid_body";
    public const string InvalidRow = "invalid_row";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
        [InvalidJson, LineTooLong, DuplicateId, DuplicateKey, MissingField, InvalidId, InvalidMethod, UrlMismatch, InvalidBody];

    /// <summary>A JSON error's message without the place at its end, which is said in columns.</summary>
    public static string WithoutPosition(string message)
    {
        int position = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return position < 0 ? message : message[..position];
    }
}

/// <summary>An error in a line whose number is not known here.</summary>
internal readonly record struct FieldError(string Code, long Offset, string Problem, string Cure)
{
    /// <summary>The error at its place.</summary>
    public BatchLineError ToLineError(long line, int column, string? customId) => new(Code, line, column, Problem, Cure, customId);
}
