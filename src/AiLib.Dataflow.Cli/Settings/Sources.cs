namespace AiLib.Dataflow.Cli.Settings;

/// <summary>Who says a setting when nobody else does.</summary>
internal static class Sources
{
    /// <summary>Nobody said anything.</summary>
    public const string BuiltIn = "built in";

    /// <summary>A setting that has a value even when nobody said anything.</summary>
    public static Sourced<T> Or<T>(this Sourced<T>? said, T otherwise) => said ?? new Sourced<T>(otherwise, BuiltIn);
}
