using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Signals;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace AiLib.Dataflow.Hosting;

/// <summary>Lays a configuration section over the limits that a pipeline was built with, whenever the section is loaded.</summary>
/// <remarks>
/// <para>A change is computed from what was built and never from the last change, so that a key that was taken out leaves nothing behind.</para>
/// <para>Threading: reloads may come from several threads; the lock makes the last one count.</para>
/// </remarks>
internal sealed partial class LimitsFollower<TRequest, TResponse> : IDisposable
{
    private readonly RequestPipeline<TRequest, TResponse> _pipeline;
    private readonly IConfiguration _targets;
    private readonly ILogger _logger;
    private readonly BuiltLimits[] _built;
    private readonly Lock _sync = new();

    // Set before anyone else knows of this object.
    private IDisposable? _registration;

    // Guarded by _sync.
    private bool _hasEnded;

    private LimitsFollower(RequestPipeline<TRequest, TResponse> pipeline, IConfiguration targets, ILogger logger)
    {
        _pipeline = pipeline;
        _targets = targets;
        _logger = logger;

        // Pools after their members, which they say nothing about.
        IReadOnlyList<TargetSignals> members = pipeline.Signals.Snapshot().Targets;
        IEnumerable<string> pools = members.Select(static target => target.Pool).OfType<string>().Distinct(StringComparer.Ordinal);
        _built = [.. members.Select(static target => target.Target).Concat(pools).Select(name => BuiltLimits.Of(pipeline, name))];
    }

    /// <summary>Applies the section, and follows it.</summary>
    public static LimitsFollower<TRequest, TResponse> Start(RequestPipeline<TRequest, TResponse> pipeline, IConfiguration targets, ILogger logger)
    {
        LimitsFollower<TRequest, TResponse> follower = new(pipeline, targets, logger);
        List<string> errors = follower.Apply();
        if (errors.Count > 0)
        {
            throw new ConfigurationException(errors);
        }

        follower._registration = ChangeToken.OnChange(targets.GetReloadToken, follower.OnReloaded);
        return follower;
    }

    public void Dispose()
    {
        lock (_sync)
        {
            _hasEnded = true;
        }

        _registration!.Dispose();
    }

    private void OnReloaded()
    {
        foreach (string error in Apply())
        {
            LogUnusable(_logger, error);
        }
    }

    /// <summary>Gives each target what its section says now.</summary>
    /// <returns>What is wrong; the targets that it is about keep their limits.</returns>
    private List<string> Apply()
    {
        List<string> errors = [];
        lock (_sync)
        {
            if (_hasEnded)
            {
                return errors;
            }

            foreach (string name in _targets.GetChildren().Select(static child => child.Key).Where(name => !Array.Exists(_built, built => built.IsNamed(name))))
            {
                errors.Add($"'{name}' has limits in the configuration, but there is no such target or pool; there are {string.Join(", ", _built.Select(static built => built.Target))}.");
            }

            foreach (BuiltLimits built in _built)
            {
                try
                {
                    _pipeline.UpdateLimits(built.Target, limits => built.Lay(_targets.GetSection(built.Target), limits));
                    LogApplied(_logger, built.Target);
                }
                catch (ConfigurationException wrong)
                {
                    errors.AddRange(wrong.Errors);
                }
                catch (InvalidOperationException wrong)
                {
                    // The binder's: a key that nobody knows, or a value of the wrong kind; the inner one names the value.
                    errors.Add($"{built.Target}: {wrong.Message}{(wrong.InnerException is { } inner ? " " + inner.Message : "")}");
                }
            }
        }

        return errors;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Limits stay as they are: {Error}")]
    private static partial void LogUnusable(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The limits of {Target} are those of the configuration.")]
    private static partial void LogApplied(ILogger logger, string target);

    /// <summary>The limits that a target was built with.</summary>
    private sealed class BuiltLimits(string target, RateLimiterOptions rateLimiter, int maxInflight)
    {
        // Whether the section has ever set the limit in flight. Until then it is left alone, whoever else may set it.
        private bool _setMaxInflight;

        public string Target => target;

        public static BuiltLimits Of(RequestPipeline<TRequest, TResponse> pipeline, string target)
        {
            BuiltLimits? built = null;
            pipeline.UpdateLimits(target, limits => built = new BuiltLimits(target, limits.RateLimiter with { }, limits.MaxInflight));
            return built!;
        }

        /// <summary>Whether the target's id is that key, or a path that begins with it: a colon in an id is one in a path.</summary>
        public bool IsNamed(string key) =>
            target.StartsWith(key, StringComparison.OrdinalIgnoreCase) && (target.Length == key.Length || target[key.Length] == ':');

        /// <summary>Makes the limits those that were built, with the section laid over them.</summary>
        public void Lay(IConfigurationSection section, TargetLimits limits)
        {
            TargetSection wanted = new() { RateLimiter = rateLimiter with { } };
            section.Bind(wanted, static options => options.ErrorOnUnknownConfiguration = true);
            limits.RateLimiter = wanted.RateLimiter;
            _setMaxInflight |= wanted.MaxInflight is not null;
            if (_setMaxInflight)
            {
                limits.MaxInflight = wanted.MaxInflight ?? maxInflight;
            }
        }
    }
}
