using AiLib.Dataflow.Cli.Targets;
using AiLib.Dataflow.Providers.Estimates;
using AiLib.Dataflow.Tokenizers;

namespace AiLib.Dataflow.Cli.Run;

/// <summary>What <c>--tokenizer</c> says, and the estimator of each target that follows from it.</summary>
internal sealed class TokenizerChoice
{
    /// <summary>By characters; the default.</summary>
    public const string Cheap = "cheap";

    /// <summary>The vocabulary of each target's model.</summary>
    public const string Exact = "exact";

    private readonly string _text;

    // A vocabulary takes a fifth of a second and 40 MiB: each is loaded once, and only when it is used.
    private readonly Dictionary<string, ITokenEstimator> _loaded = new(StringComparer.Ordinal);

    /// <param name="text">What the command line says.</param>
    public TokenizerChoice(string text) => _text = text;

    /// <summary>What may be written, for messages.</summary>
    public static string Form => $"{Cheap}, {Exact}, or a vocabulary: {string.Join(", ", TokenEncodings.All)}";

    /// <summary>Whether that may be written.</summary>
    public static bool Exists(string text) => text is Cheap or Exact || TokenEncodings.All.Contains(text, StringComparer.Ordinal);

    /// <summary>The target with its estimator.</summary>
    /// <param name="target">The target.</param>
    /// <param name="problems">What is wrong is added here.</param>
    public Target For(Target target, List<string> problems)
    {
        if (_text == Cheap)
        {
            return target;
        }

        if (_text != Exact)
        {
            return target with { Estimator = Load(_text) };
        }

        if (target.Model is not { } model)
        {
            problems.Add($"--tokenizer {Exact} counts with the vocabulary of the target's model, and --target {target.Id} names none; write --target {target.Id}/MODEL, or --tokenizer {TokenEncodings.O200kBase}.");
            return target;
        }

        if (!TokenEncodings.TryFind(model, out string? encoding))
        {
            problems.Add($"--tokenizer {Exact} knows no vocabulary of the model '{model}' (--target {target.Id}); known are models that begin with "
                + $"{string.Join(", ", TokenEncodings.ModelBeginnings)}. Name a vocabulary ({string.Join(", ", TokenEncodings.All)}), or use --tokenizer {Cheap}.");
            return target;
        }

        return target with { Estimator = Load(encoding) };
    }

    private ITokenEstimator Load(string encoding)
    {
        if (!_loaded.TryGetValue(encoding, out ITokenEstimator? estimator))
        {
            estimator = ExactTokenEstimator.ForEncoding(encoding);
            _loaded.Add(encoding, estimator);
        }

        return estimator;
    }
}
