using System.Globalization;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Cli.Live;
using AiLib.Dataflow.Cli.Report;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Binding;

/// <summary>Puts into words what the signals say of the constraint that binds, with the option of the command line that would change it.</summary>
/// <remarks>Pure: which constraint binds is the engine's to say.</remarks>
/// <param name="settings">What the command line says.</param>
/// <param name="asked">Which limits were asked for, at each place in the fallback order.</param>
internal sealed class BoundFinder(RunSettings settings, IReadOnlyList<AskedLimits> asked)
{
    // A limit that is slower than what was asked for by more than the headroom and some rounding is another one: what the target has told.
    private const double AsAsked = 0.98;

    /// <summary>What bound between two snapshots; null when nothing did.</summary>
    /// <param name="now">The later one.</param>
    /// <param name="earlier">The earlier one; null for the time since the run began.</param>
    public Bound? Between(SignalsSnapshot? earlier, SignalsSnapshot now) => Of(now.ConstraintsSince(earlier), earlier, now);

    /// <summary>What bound most of a time; null when nothing did.</summary>
    /// <param name="times">What bound the pipeline in that time.</param>
    /// <param name="earlier">The signals at its beginning; null for the beginning of the run.</param>
    /// <param name="now">The signals at its end.</param>
    public Bound? Of(ConstraintTimes times, SignalsSnapshot? earlier, SignalsSnapshot now)
    {
        Constraint binding = times.Binding;
        if (binding == Constraint.None || now.Targets.Count == 0)
        {
            return null;
        }

        // Where it bound for the longest.
        (TargetSignals target, ConstraintTimes own) = now.Targets
            .Select((target, index) => (target, target.Constraints.Since(earlier is null ? default : earlier.Targets[index].Constraints)))
            .MaxBy(pair => pair.Item2[binding]);
        bool isOfPool = target.Pool is not null && now.Targets.Where((other, index) =>
            other.Pool == target.Pool && other.Constraints.Since(earlier is null ? default : earlier.Targets[index].Constraints)[binding] > own[binding] / 2).Count() > 1;
        string name = isOfPool ? target.Pool! : target.Target;
        return new Bound(binding, times.Share(binding), Describe(binding, name, target), CureOf(binding, target));
    }

    private static string Describe(Constraint binding, string name, TargetSignals target) => binding switch
    {
        Constraint.InFlight when target.MaxInflight > 0 => $"a place in flight at {name}, which has {Figures.Count(target.MaxInflight)}",
        Constraint.InFlight => $"a place in flight at {name}",
        Constraint.Unavailable => name + Trouble(target),
        Constraint.RetryWait => $"the time of retries at {name}",
        Constraint.Consumer or Constraint.Input => ConstraintWords.Of(binding).Name,
        _ => $"{ConstraintWords.Of(binding).Name} of {name}",
    };

    private static string Trouble(TargetSignals target) => target switch
    {
        { ParkedFor: not null } => ", whose key was refused, or its quota is used up",
        { CooledFor: { Ticks: > 0 } pause } => string.Create(CultureInfo.InvariantCulture, $", which asked for a pause of which {Math.Ceiling(pause.TotalSeconds):N0} s are left"),
        { CircuitState: not CircuitState.Closed } => ", whose circuit is open because too many attempts failed",
        _ => ", which could not be called",
    };

    private string? CureOf(Constraint binding, TargetSignals target) => binding switch
    {
        Constraint.RequestCredits => CureOfRequests(target),
        Constraint.TokenCredits => CureOfTokens(target),
        Constraint.InFlight => CureOfInflight(target),
        Constraint.Unavailable when asked.Count <= 1 => "another --target would take over",
        Constraint.Consumer when settings.WritesToStandardOutput => "who reads standard output is slower",
        Constraint.Consumer when settings.Ordered => "an earlier request is not answered yet (--ordered)",
        Constraint.Input when settings.Budget is not null => "or for what is set aside of the --budget",
        _ => null,
    };

    private AskedLimits AskedAt(TargetSignals target) => asked.FirstOrDefault(limits => limits.Place == (target.Pool ?? target.Target)) ?? new AskedLimits { Place = target.Target };

    private string CureOfRequests(TargetSignals target)
    {
        AskedLimits limits = AskedAt(target);
        return Cure(limits, limits.Slowest(limits.Requests), target.RequestLimitPerMinute, "requests");
    }

    private string CureOfTokens(TargetSignals target)
    {
        AskedLimits limits = AskedAt(target);
        long tokens = target.TokensRemaining ?? long.MaxValue;
        long output = target.OutputTokensRemaining ?? long.MaxValue;

        // Of the buckets that there are the emptiest is the one that is waited for.
        return target.InputTokensRemaining is { } input && input < Math.Min(tokens, output)
            ? Cure(limits, limits.Slowest(limits.InputTokens), inForce: null, "LLM tokens of prompts")
            : (output < tokens
                ? Cure(limits, limits.Slowest(limits.OutputTokens), inForce: null, "LLM tokens of answers")
                : Cure(limits, limits.Slowest(limits.Tokens), QuotaUse.WholeTokens(target.TokenLimitPerMinute), "LLM tokens")) + ", or lower max_tokens";
    }

    private static string Cure(AskedLimits limits, AskedLimit? slowest, double? inForce, string unit) => (slowest, inForce) switch
    {
        ({ } limit, { } rate) when rate < AsAsked * limits.PerKey(limit) => Told(rate, unit),
        ({ } limit, _) => $"raise {limit.Name}",
        (null, { } rate) => Told(rate, unit),
        _ => "it refuses more just now",
    };

    private static string Told(double perMinute, string unit) => string.Create(CultureInfo.InvariantCulture, $"it allows about {Figures.Short(perMinute)} {unit} a minute, as it says itself");

    private string CureOfInflight(TargetSignals target) =>
        AskedAt(target).InFlight is { } name ? $"raise {name}" : $"give --max-inflight a number above {Figures.Count(target.MaxInflight)}";
}
