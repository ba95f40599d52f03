namespace AiLib.Dataflow;

/// <summary>The settings cannot be used. All that is wrong with them is said at once.</summary>
public sealed class ConfigurationException : ArgumentException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="errors">Each error names the setting, its value, and what to do.</param>
    public ConfigurationException(IReadOnlyList<string> errors)
        : base(Describe(errors))
    {
        Errors = errors;
    }

    /// <summary>Each error names the setting, its value, and what to do.</summary>
    public IReadOnlyList<string> Errors { get; }

    private static string Describe(IReadOnlyList<string> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        return errors.Count == 1 ? errors[0] : $"{errors.Count} settings are wrong:{string.Concat(errors.Select(error => "\n - " + error))}";
    }
}
