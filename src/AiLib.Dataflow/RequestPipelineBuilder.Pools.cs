using AiLib.Dataflow.Pools;

namespace AiLib.Dataflow;

/// <summary>Pools: several keys or deployments of one model as one place in the fallback order.</summary>
public sealed partial class RequestPipelineBuilder<TRequest, TResponse>
{
    private readonly List<PoolSettings> _pools = [];

    /// <summary>Adds several keys or deployments of one model as one place in the fallback order, behind what was added before.</summary>
    /// <param name="name">The pool's name: a request may ask for it as for a target. Unique among pools and targets.</param>
    /// <param name="members">Its members: each a target with limits, circuit and signals of its own.</param>
    /// <param name="configure">Changes the pool's options.</param>
    /// <exception cref="ArgumentException">There is no name, or no member.</exception>
    /// <exception cref="ConfigurationException">An <c>AI_LIB_*</c> variable does not parse.</exception>
    /// <remarks>
    /// A failed attempt that another target may answer goes to another member first, and to the next target only when no member is left. A member whose key is refused
    /// or whose quota is used up (<see cref="OutcomeKind.Exhausted"/>) is parked: it gets nothing more, for <see cref="PoolOptions.ParkFor"/>; the last member is never parked.
    /// </remarks>
    public RequestPipelineBuilder<TRequest, TResponse> AddPool(
        string name, IEnumerable<PoolMember<TRequest, TResponse>> members, Action<PoolOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(members);
        PoolOptions options = new();
        configure?.Invoke(options);
        PoolSettings pool = new(name, options with { SharedLimit = options.SharedLimit with { } });
        int before = _targets.Count;
        foreach (PoolMember<TRequest, TResponse> member in members)
        {
            AddTarget(member.Id, member.Endpoint, member.Configure);
            _targets[^1] = _targets[^1] with { Pool = pool, Weight = member.Weight };
        }

        if (_targets.Count == before)
        {
            throw new ArgumentException($"The pool '{name}' has no members; give at least one.", nameof(members));
        }

        _pools.Add(pool);
        return this;
    }

    /// <summary>Called when a member of a pool is parked, because its key was refused or its quota is used up.</summary>
    public RequestPipelineBuilder<TRequest, TResponse> OnMemberParked(Action<ParkEvent> hook)
    {
        _onMemberParked += hook;
        return this;
    }

    private void CheckPools(SettingsCheck check)
    {
        foreach (PoolSettings pool in _pools)
        {
            pool.Options.Check(check.In(pool.Name));
            if (_targets.Exists(target => target.Id == pool.Name) || _pools.Exists(other => !ReferenceEquals(other, pool) && other.Name == pool.Name))
            {
                check.Add("a pool and another pool or target have this name; names must be unique.");
            }
        }

        foreach (TargetSettings<TRequest, TResponse> member in _targets.Where(target => target.Pool is not null))
        {
            check.In(member.Id).Range("Weight", member.Weight, 1, PoolSettings.MostWeight);
        }
    }
}
