using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Cli.Config;

/// <summary>What is wrong with a configuration file: each problem with file, line, path, value, and what is allowed. What looks like a key is in none of them.</summary>
/// <param name="file">What messages call the file.</param>
internal sealed class ConfigProblems(string file)
{
    private readonly List<string> _all = [];

    /// <summary>Adds one.</summary>
    /// <param name="line">The line, from 1.</param>
    /// <param name="path">The setting; empty for the file as a whole.</param>
    /// <param name="problem">What is wrong and what to do, without a full stop.</param>
    public void Add(int line, string path, string problem) =>
        _all.Add(Redactor.Patterns.Redact(FormattableString.Invariant($"{file}:{line}: {path}{(path.Length > 0 ? ": " : "")}{problem}.")));

    /// <summary>Adds one about a setting whose value is not to be repeated.</summary>
    public void Add(ConfigNode node, string problem) => Add(node.Line, node.Path, problem);

    /// <summary>Adds one about a value.</summary>
    public void AddWrong(ConfigNode node, string problem) =>
        Add(node.Line, "", $"{(node.Path.Length > 0 ? node.Path : "the file")} is {Redactor.Patterns.Redact(node.Shown)}: {problem}");

    /// <summary>Refuses the file when there is one.</summary>
    /// <exception cref="ConfigurationException">There is.</exception>
    public void Throw()
    {
        if (_all.Count > 0)
        {
            throw new ConfigurationException(_all);
        }
    }
}
