namespace AiLib.Dataflow.Rivals;

/// <summary>What the rivals are called in tables and ratios.</summary>
public static class RivalNames
{
    /// <summary>One hop through a bare bounded channel: the floor of the streaming face.</summary>
    public const string Floor = "channel hop";

    /// <summary>The provider, called directly: the floor of the call face.</summary>
    public const string Direct = "direct call";

    /// <summary>The whole pipeline, nothing switched off.</summary>
    public const string Pipeline = "AiLib.Dataflow";

    /// <summary>The same stages as TPL Dataflow blocks.</summary>
    public const string Tpl = "TPL Dataflow";

    /// <summary>Polly: retry, breaker, concurrency and rate limiter.</summary>
    public const string Polly = "Polly";

    /// <summary><see cref="System.Threading.Tasks.Parallel"/> alone.</summary>
    public const string Parallel = "Parallel.ForEachAsync";

    /// <summary><see cref="SemaphoreSlim"/> alone.</summary>
    public const string Semaphore = "SemaphoreSlim";

    /// <summary>The rivals of the streaming face, in the order of <see cref="StreamRivals.All"/>.</summary>
    public static IReadOnlyList<string> OfStreams { get; } = [Floor, Pipeline, Tpl, Polly, Parallel, Semaphore];
}
