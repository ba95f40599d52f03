namespace AiLib.Dataflow.Cli.Terminal;

/// <summary>A piece of a line of the live display.</summary>
/// <param name="Text">Any text; it is made harmless when it is drawn.</param>
/// <param name="Style">How it looks.</param>
internal readonly record struct StatusPart(string Text, StatusStyle Style = StatusStyle.Plain);

/// <summary>The looks there are. Each is a sequence of our own; nothing else ever is.</summary>
internal enum StatusStyle
{
    Plain,
    Dim,
    Strong,
    Good,
    Fair,
    Bad,
}
