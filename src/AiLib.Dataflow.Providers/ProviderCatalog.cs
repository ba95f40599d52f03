using System.Diagnostics.CodeAnalysis;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Providers;

/// <summary>The providers that are known by name.</summary>
/// <remarks>Data only: an address here is the root given in the provider's own documentation. Safe for use by several threads.</remarks>
public static class ProviderCatalog
{
    // DeepSeek, OpenRouter and vLLM state no limit on tokens: one that the user sets is about what is used. Of the others without a profile of their own,
    // Mistral and Together, nothing certain is known; they are taken for OpenAI.

    /// <summary>Every provider, in alphabetical order but for the two generic ones, which come last.</summary>
    public static IReadOnlyList<ProviderInfo> All { get; } =
    [
        Hosted("anthropic", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY", Dialect.Anthropic) with
        {
            // Output counts as it is produced, whatever max_tokens says; what is read from the cache does not count for most models.
            Counting = new QuotaCounting(TokenLimits.Apart, OutputCounting.Real, CachedInputIsFree: true),
        },
        // The address is the user's own resource: https://NAME.openai.azure.com/openai/v1.
        new("azure", BaseAddress: null, "AZURE_OPENAI_API_KEY", Dialect.Azure, KeyRequired: true),
        Hosted("deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY") with { Counting = QuotaCounting.AsUsed },
        // Its limits on tokens are named after input tokens alone. The root that speaks the OpenAI dialect; Gemini's own one has the model in the path.
        Hosted("gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY") with
        {
            Counting = new QuotaCounting(TokenLimits.InputOnly, OutputCounting.Real),
        },
        Hosted("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY") with
        {
            Counting = QuotaCounting.OnArrival with { CachedInputIsFree = true },
        },
        Hosted("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
        Hosted("openai", "https://api.openai.com/v1", "OPENAI_API_KEY"),
        Hosted("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY") with { Counting = QuotaCounting.AsUsed },
        Hosted("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
        // vLLM's own default port; it asks for a key only when started with one.
        new("vllm", new Uri("http://127.0.0.1:8000/v1"), "VLLM_API_KEY", Dialect.OpenAI, KeyRequired: false) { Counting = QuotaCounting.AsUsed },
        new("compatible", BaseAddress: null, "COMPATIBLE_API_KEY", Dialect.OpenAI, KeyRequired: false),
    ];

    /// <summary>Finds a provider by its id.</summary>
    /// <param name="id">The id; case does not matter.</param>
    /// <param name="provider">The provider, when there is one.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryFind(string id, [NotNullWhen(true)] out ProviderInfo? provider)
    {
        ArgumentNullException.ThrowIfNull(id);
        foreach (ProviderInfo candidate in All)
        {
            if (string.Equals(candidate.Id, id, StringComparison.OrdinalIgnoreCase))
            {
                provider = candidate;
                return true;
            }
        }

        provider = null;
        return false;
    }

    private static ProviderInfo Hosted(string id, string baseAddress, string keyVariable, Dialect dialect = Dialect.OpenAI) =>
        new(id, new Uri(baseAddress), keyVariable, dialect, KeyRequired: true);
}
