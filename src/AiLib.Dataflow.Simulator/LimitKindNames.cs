namespace AiLib.Dataflow.Simulator;

/// <summary>The words for the kinds of limits, on the command line and in the control endpoint's JSON.</summary>
public static class LimitKindNames
{
    // In the order of the enum; the tests check that every member has a name.
    private static readonly string[] Names = ["token-bucket", "fixed-window", "per-second", "sliding-window"];

    /// <summary>All of them, separated by commas, for messages.</summary>
    public static string All { get; } = string.Join(", ", Names);

    /// <summary>The word for a kind.</summary>
    /// <param name="kind">The kind.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is none.</exception>
    public static string NameOf(LimitKind kind)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)kind, (uint)Names.Length, nameof(kind));
        return Names[(int)kind];
    }

    /// <summary>The kind that a word stands for.</summary>
    /// <param name="name">The word, in lower case.</param>
    /// <param name="kind">The kind, when there is one.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryFind(string? name, out LimitKind kind)
    {
        int index = Array.IndexOf(Names, name);
        kind = (LimitKind)Math.Max(0, index);
        return index >= 0;
    }
}
