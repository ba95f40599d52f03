using System.Diagnostics;

namespace AiLib.Dataflow.Simulator.Faults;

/// <summary>The one table between <see cref="FaultKind"/> and the names people write.</summary>
internal static class FaultNames
{
    // In the order of the enum; the tests check that every member has its own name.
    private static readonly string[] Names =
        ["429", "429-bare", "500", "502", "503", "529", "reset", "half", "endless", "html", "html-200"];

    /// <summary>How many kinds there are.</summary>
    public static int Count => Names.Length;

    /// <summary>All names, for messages.</summary>
    public static string List { get; } = string.Join(", ", Names);

    /// <summary>The name of a kind.</summary>
    public static string NameOf(FaultKind kind) => Names[(int)kind];

    /// <summary>The kind with this name.</summary>
    public static bool TryFind(ReadOnlySpan<char> name, out FaultKind kind)
    {
        for (int index = 0; index < Names.Length; index++)
        {
            if (name.Equals(Names[index], StringComparison.OrdinalIgnoreCase))
            {
                kind = (FaultKind)index;
                return true;
            }
        }

        kind = default;
        return false;
    }

    /// <summary>The status a client sees; 0 when the connection ends before one is sent.</summary>
    public static int StatusOf(FaultKind kind) => kind switch
    {
        FaultKind.RateLimited or FaultKind.RateLimitedBare => 429,
        FaultKind.InternalError => 500,
        FaultKind.BadGateway or FaultKind.Html => 502,
        FaultKind.ServiceUnavailable => 503,
        FaultKind.Overloaded => 529,
        FaultKind.HalfBody or FaultKind.EndlessBody or FaultKind.HtmlOk => 200,
        FaultKind.Reset => 0,
        _ => throw new UnreachableException(),
    };
}
