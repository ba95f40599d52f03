using System.Globalization;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Live;

/// <summary>What holds the requests up just now, in words, with what would change it.</summary>
internal static class Constraint
{
    /// <summary>The words; null when nothing waits.</summary>
    public static string? Of(SignalsSnapshot now)
    {
        if (now.Depths.Ready + now.Depths.Door == 0)
        {
            return now switch
            {
                { Depths: { InFlight: 0, Delayed: > 0 } } => "all that is left waits for its retry",
                { Depths.InFlight: > 0 } => "everything that was read is in flight",
                _ => null,
            };
        }

        // The one at which most wait.
        TargetSignals? target = now.Targets.MaxBy(target => target.Depths.Ready + target.Depths.Door);
        return target switch
        {
            null => null,
            { ParkedFor: not null } => $"the key of {target.Target}: it was refused, or its quota is used up",
            { CircuitState: CircuitState.Open } => $"{target.Target}: its circuit is open, because too many attempts in a row failed",
            { CooledFor: { Ticks: > 0 } day, RateRemaining: <= 0 } => string.Create(
                CultureInfo.InvariantCulture, $"{target.Target}: its requests are used up (--rpd), or it asked for a pause; {Math.Ceiling(day.TotalSeconds):0} s are left"),
            { CooledFor: { Ticks: > 0 } pause } => string.Create(CultureInfo.InvariantCulture, $"{target.Target}: it asked for a pause, {Math.Ceiling(pause.TotalSeconds):0} s are left"),
            { RateRemaining: <= 0 } => $"request credits of {target.Target}: its rate (--rpm, --rps, --rpd), or a pause that it asked for",
            { MaxInflight: > 0 } when target.CurrentInflight >= target.MaxInflight => string.Create(
                CultureInfo.InvariantCulture, $"{target.Target}: {target.MaxInflight} in flight is its limit (--max-inflight)"),
            { TokensRemaining: not null } => $"LLM token credits of {target.Target}: raise --tpm or --tpd, if it takes more",
            { InputTokensRemaining: not null } or { OutputTokensRemaining: not null } => $"LLM token credits of {target.Target}: raise --itpm or --otpm, if it takes more",
            _ => $"{target.Target}: it has asked for less, or its requests have only just come in",
        };
    }
}
