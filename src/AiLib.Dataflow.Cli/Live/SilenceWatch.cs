using System.Globalization;
using AiLib.Dataflow.Cli.Binding;

namespace AiLib.Dataflow.Cli.Live;

/// <summary>Tells when nothing has got on for so long that somebody should be told why: a person who sees nothing happen gives up otherwise.</summary>
/// <remarks>For one thread.</remarks>
internal sealed class SilenceWatch
{
    /// <summary>How long is too long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private TimeSpan _said;
    private TimeSpan _since;
    private long _done;

    /// <summary>Looks at how far a job is.</summary>
    /// <param name="time">The time since it began.</param>
    /// <param name="done">Requests that have their line.</param>
    /// <returns>For how long nothing has got on, once in each <see cref="Patience"/>; null when nothing is to be said.</returns>
    public TimeSpan? Look(TimeSpan time, long done)
    {
        if (done != _done)
        {
            _done = done;
            _since = _said = time;
            return null;
        }

        if (time - _said < Patience)
        {
            return null;
        }

        _said = time;
        return time - _since;
    }

    /// <summary>What a person is told.</summary>
    /// <param name="span">For how long nothing has got on.</param>
    /// <param name="bound">What bound in that time; null when nothing did.</param>
    /// <param name="lastTrouble">Why the last attempt failed; null when none has.</param>
    public static string Describe(TimeSpan span, Bound? bound, string? lastTrouble)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"Nothing was answered for {Math.Floor(span.TotalSeconds):N0} s.");
        text += bound is null ? "" : $" It waits for {bound}.";
        return lastTrouble is null ? text + " No attempt has failed." : $"{text} {lastTrouble}";
    }
}
