namespace AiLib.Dataflow.Cli.Config;

/// <summary>A value of a configuration file, and where it stands.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Line">Its line, from 1; of a member of an object that of its name.</param>
/// <param name="Path">How to get to it, such as <c>targets[0].limits.rpm</c>; empty for the whole.</param>
internal sealed record ConfigNode(ConfigKind Kind, int Line, string Path)
{
    // What is longer says nothing more, and may be anything.
    private const int LongestShown = 40;

    /// <summary>The text of a text, the digits of a number; empty for anything else.</summary>
    public string Text { get; init; } = "";

    /// <summary>The members of an object, each name once.</summary>
    public IReadOnlyDictionary<string, ConfigNode> Members { get; init; } = new Dictionary<string, ConfigNode>(StringComparer.Ordinal);

    /// <summary>The values of a list.</summary>
    public IReadOnlyList<ConfigNode> Items { get; init; } = [];

    /// <summary>The value for messages.</summary>
    public string Shown => Kind switch
    {
        ConfigKind.Object => "an object",
        ConfigKind.List => "a list",
        ConfigKind.Text => $"\"{(Text.Length <= LongestShown ? Text : Text[..LongestShown] + "…")}\"",
        ConfigKind.Number => Text.Length <= LongestShown ? Text : Text[..LongestShown] + "…",
        ConfigKind.True => "true",
        ConfigKind.False => "false",
        _ => "null",
    };
}
