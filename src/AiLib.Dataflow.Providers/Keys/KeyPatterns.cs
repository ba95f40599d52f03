using System.Text.RegularExpressions;

namespace AiLib.Dataflow.Providers.Keys;

/// <summary>What keys look like that nobody told us about: another tenant's, one in an echoed header, one the provider half masked.</summary>
/// <remarks>Stateless. No pattern has a repetition inside a repetition, so each is linear; the time limit is a second lock on the same door.</remarks>
internal static partial class KeyPatterns
{
    private const string Mask = "***";
    private const int TimeLimitMilliseconds = 1000;
    private const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    /// <summary>The text with everything that looks like a key replaced by <c>***</c>.</summary>
    public static string Remove(string text)
    {
        try
        {
            // Named values first: they still need their name, which the shape patterns leave in place.
            text = Named().Replace(text, "${name}" + Mask);
            text = Scheme().Replace(text, "${name}" + Mask);
            text = Prefixed().Replace(text, Mask);
            return Hex().Replace(text, Mask);
        }
        catch (RegexMatchTimeoutException)
        {
            // Nothing is better than something that was not checked.
            return Mask;
        }
    }

    // The prefixes that providers document, plus those of tokens that often lie next to them.
    [GeneratedRegex(
        @"(?<![A-Za-z0-9])(sk-|pk-lf-|rk-|sess-|AIza|ya29\.|hf_|gsk_|xai-|pplx-|r8_|csk-|tgp_v1_|fw_|nvapi-|voyage-|pa-|jina_|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abps]-|eyJ[A-Za-z0-9_-]{8,}\.)[A-Za-z0-9_\-*.+/=]{8,}",
        Options, TimeLimitMilliseconds)]
    private static partial Regex Prefixed();

    // "Authorization: Bearer abc", in a header, a message or JSON.
    [GeneratedRegex(@"(?<name>(?i:\b(bearer|basic))[ \t]+)[A-Za-z0-9._~+/=*-]{8,}", Options, TimeLimitMilliseconds)]
    private static partial Regex Scheme();

    // "x-api-key: abc", "api_key=abc", "\"apiKey\": \"abc\"".
    [GeneratedRegex(
        @"(?<name>(?i:x-api-key|x-goog-api-key|api[-_ ]?key|access[-_]?token|client[-_]?secret|[?&]key)(\\?[""'])?[ \t]*[:=][ \t]*(\\?[""'])?)[A-Za-z0-9._~+/=*-]{8,}",
        Options, TimeLimitMilliseconds)]
    private static partial Regex Named();

    // Azure and several others: 32 (or 64) hexadecimal digits and nothing around them. An id such as req_0123… has its prefix around it.
    [GeneratedRegex(@"(?<![A-Za-z0-9_-])([0-9a-fA-F]{64}|[0-9a-fA-F]{32})(?![A-Za-z0-9_-])", Options, TimeLimitMilliseconds)]
    private static partial Regex Hex();
}
