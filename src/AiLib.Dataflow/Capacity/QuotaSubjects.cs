namespace AiLib.Dataflow.Capacity;

/// <summary>What news are about: each has an order of its own, because an answer may speak of one alone.</summary>
[Flags]
internal enum QuotaSubjects
{
    None = 0,
    Requests = 1,
    Tokens = 2,
    InputTokens = 4,
    OutputTokens = 8,
}

/// <summary>What a dimension is among subjects.</summary>
internal static class QuotaSubjectsOfDimensions
{
    /// <summary>The subject of a dimension; none of one that does not exist.</summary>
    public static QuotaSubjects ToSubject(this QuotaDimension dimension) => dimension switch
    {
        QuotaDimension.Requests => QuotaSubjects.Requests,
        QuotaDimension.Tokens => QuotaSubjects.Tokens,
        QuotaDimension.InputTokens => QuotaSubjects.InputTokens,
        QuotaDimension.OutputTokens => QuotaSubjects.OutputTokens,
        _ => QuotaSubjects.None,
    };
}
