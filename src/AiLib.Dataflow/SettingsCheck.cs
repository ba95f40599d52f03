using System.Globalization;

namespace AiLib.Dataflow;

/// <summary>Collects what is wrong with a set of options, so that all of it can be said at once.</summary>
internal sealed class SettingsCheck
{
    private readonly List<string> _errors = [];
    private string _prefix = "";

    /// <summary>Names what is checked from now on, such as the target's id.</summary>
    public SettingsCheck In(string? place)
    {
        _prefix = place is null ? "" : place + ": ";
        return this;
    }

    /// <summary>Adds an error as it is.</summary>
    public void Add(string error) => _errors.Add(_prefix + error);

    /// <summary>Adds an error when the value is out of range.</summary>
    public void Range<T>(string name, T value, T least, T most)
        where T : IComparable<T>, IFormattable
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            Add(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must be from {least} to {most}."));
        }
    }

    /// <summary>Adds an error when the value is given and out of range.</summary>
    public void Range<T>(string name, T? value, T least, T most)
        where T : struct, IComparable<T>, IFormattable
    {
        if (value is { } given)
        {
            Range(name, given, least, most);
        }
    }

    /// <summary>Adds an error when a duration is out of range.</summary>
    public void Range(string name, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most)
        {
            Add($"{name} is {Duration.ToText(value)}; it must be from {Duration.ToText(least)} to {Duration.ToText(most)}.");
        }
    }

    /// <summary>Throws when anything was wrong.</summary>
    /// <exception cref="ConfigurationException">Something was.</exception>
    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
        {
            throw new ConfigurationException(_errors);
        }
    }
}
