using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiLib.Dataflow.Hosting;

/// <summary>Limits of a running pipeline that follow its configuration.</summary>
public static class LimitsReload
{
    /// <summary>Takes the limits of the pipeline's targets from a configuration section, now and whenever it is loaded again.</summary>
    /// <typeparam name="TRequest">What a caller sends.</typeparam>
    /// <typeparam name="TResponse">What a caller gets.</typeparam>
    /// <param name="pipeline">The pipeline. Stop following before you dispose of it.</param>
    /// <param name="targets">
    /// A section with one child for each target that has limits here, named by its id, or pool, named by its name, with the properties of <see cref="TargetLimits"/>:
    /// <code>
    /// "Targets": { "openai/gpt-4o-mini": { "MaxInflight": 200, "RateLimiter": { "RequestsPerMinute": 500, "TokensPerMinute": 200000 } } }
    /// </code>
    /// What is not there is as the pipeline was built; a key that is taken out goes back to that.
    /// </param>
    /// <param name="logger">Is told of each change, and of limits that cannot be used.</param>
    /// <returns>Disposing of it stops following; the limits stay as they are.</returns>
    /// <exception cref="ConfigurationException">The section cannot be used as it is now; no limit has changed that is wrong, and nothing is followed.</exception>
    /// <remarks>
    /// When the section is loaded again and one of its targets is wrong, that target keeps its limits, the others get theirs, and the logger is told;
    /// nothing is thrown into the configuration, which would end the process. Thread-safe.
    /// </remarks>
    public static IDisposable FollowLimits<TRequest, TResponse>(
        this RequestPipeline<TRequest, TResponse> pipeline, IConfiguration targets, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(targets);
        return LimitsFollower<TRequest, TResponse>.Start(pipeline, targets, logger ?? NullLogger.Instance);
    }
}
