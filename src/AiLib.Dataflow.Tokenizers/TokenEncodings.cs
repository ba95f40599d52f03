using System.Diagnostics.CodeAnalysis;
using Microsoft.ML.Tokenizers;

namespace AiLib.Dataflow.Tokenizers;

/// <summary>The vocabularies that are here, and which model has which.</summary>
/// <remarks>Data only; safe for use by several threads.</remarks>
public static class TokenEncodings
{
    /// <summary>OpenAI's models from GPT-4o on.</summary>
    public const string O200kBase = "o200k_base";

    /// <summary>OpenAI's models before, and its embeddings.</summary>
    public const string Cl100kBase = "cl100k_base";

    // Whatever begins so; the first that does counts, so gpt-4o stands before gpt-4. Whoever publishes no vocabulary (Anthropic, Google), or one that is not here, is not named:
    // a count with somebody else's is not exact.
    private static readonly (string Beginning, string Encoding)[] Models =
    [
        ("gpt-4o", O200kBase),
        ("chatgpt-4o", O200kBase),
        ("gpt-4.1", O200kBase),
        ("gpt-4.5", O200kBase),
        ("gpt-5", O200kBase),
        ("o1", O200kBase),
        ("o3", O200kBase),
        ("o4-", O200kBase),
        // The same for texts; what it has more is about turns and tools.
        ("gpt-oss", O200kBase),
        ("gpt-4", Cl100kBase),
        ("gpt-3.5", Cl100kBase),
        // As Azure writes it.
        ("gpt-35", Cl100kBase),
        ("text-embedding-3", Cl100kBase),
        ("text-embedding-ada-002", Cl100kBase),
    ];

    /// <summary>The names of all vocabularies.</summary>
    public static IReadOnlyList<string> All { get; } = [O200kBase, Cl100kBase];

    /// <summary>How the names of the models begin whose vocabulary is known.</summary>
    public static IReadOnlyList<string> ModelBeginnings { get; } = [.. Models.Select(model => model.Beginning)];

    /// <summary>Finds the vocabulary of a model.</summary>
    /// <param name="model">Its name, with or without who makes it (<c>openai/gpt-4o</c>) or that it is tuned (<c>ft:gpt-4o:…</c>). Case does not matter.</param>
    /// <param name="encoding">The vocabulary, when it is known.</param>
    /// <returns>Whether it is.</returns>
    public static bool TryFind(string model, [NotNullWhen(true)] out string? encoding)
    {
        ArgumentNullException.ThrowIfNull(model);
        ReadOnlySpan<char> name = model.AsSpan(model.LastIndexOf('/') + 1);
        name = name.StartsWith("ft:", StringComparison.OrdinalIgnoreCase) ? name[3..] : name;
        foreach ((string beginning, string its) in Models)
        {
            if (name.StartsWith(beginning, StringComparison.OrdinalIgnoreCase))
            {
                encoding = its;
                return true;
            }
        }

        encoding = null;
        return false;
    }

    /// <summary>Loads a vocabulary.</summary>
    internal static Tokenizer Load(string encoding) => TiktokenTokenizer.CreateForEncoding(encoding);
}
