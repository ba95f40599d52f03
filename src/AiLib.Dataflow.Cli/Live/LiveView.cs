using System.Globalization;
using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Cli.Report;
using AiLib.Dataflow.Cli.Terminal;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Live;

/// <summary>The live display of a run, as lines.</summary>
/// <remarks>For one thread.</remarks>
/// <param name="input">Which part of the input is read.</param>
/// <param name="errors">What failed attempts said.</param>
internal sealed class LiveView(BatchInputOptions input, ErrorBoard errors)
{
    private const int MostTargets = 5;
    private const int MostErrors = 3;
    private const int Settled = 0;
    private const int InputTokens = 1;
    private const int OutputTokens = 2;

    private readonly RecentRate _rate = new(counters: 3);

    /// <summary>The lines for a moment of the run.</summary>
    /// <param name="time">The time since it began.</param>
    /// <param name="counts">What the job has counted.</param>
    /// <param name="now">What the pipeline says.</param>
    /// <param name="lastFailure">Why the last request failed for good; null when none has.</param>
    /// <param name="columns">How wide a line may be.</param>
    public IReadOnlyList<IReadOnlyList<StatusPart>> Lines(TimeSpan time, in BatchJobCounts counts, SignalsSnapshot now, string? lastFailure, int columns)
    {
        _rate.Add(time, counts.Answered + counts.Failed, counts.InputTokens, counts.OutputTokens);
        Forecast forecast = Forecast.Of(counts, input, _rate.Of(Settled), _rate.Span);
        List<IReadOnlyList<StatusPart>> lines = [.. Bar(forecast, columns)];
        long failed = counts.Failed + counts.BadLines;
        lines.AddRange(Pack(
            columns,
            new StatusPart($"{Figures.Short(_rate.Of(Settled))}/s", StatusStyle.Strong),
            new StatusPart($"answered {Figures.Count(counts.Answered)}"),
            new StatusPart($"failed {Figures.Count(failed)}", failed > 0 ? StatusStyle.Bad : StatusStyle.Dim),
            counts.AlreadyDone > 0 ? new StatusPart($"already done {Figures.Count(counts.AlreadyDone)}") : null,
            new StatusPart(Clock(time), StatusStyle.Dim)));
        long throttled = now.Targets.Sum(target => target.Outcomes[OutcomeKind.Throttled]);
        int limit = now.Targets.Any(target => target.MaxInflight == 0) ? 0 : now.Targets.Sum(target => target.MaxInflight);
        lines.AddRange(Pack(
            columns,
            new StatusPart($"in flight {Figures.Count(now.CurrentInflight)}{(limit > 0 ? $" of {Figures.Count(limit)}" : "")}"),
            new StatusPart($"to retry {Figures.Count(now.Depths.Delayed)}", Quiet(now.Depths.Delayed)),
            new StatusPart($"retries {Figures.Count(now.Retries)}", Quiet(now.Retries)),
            new StatusPart($"redirects {Figures.Count(now.Redirects)}", Quiet(now.Redirects)),
            new StatusPart($"429s {Figures.Count(throttled)}", Quiet(throttled))));
        if (counts.InputTokens + counts.OutputTokens > 0)
        {
            lines.AddRange(Pack(
                columns,
                new StatusPart($"tokens in {Figures.Short(counts.InputTokens)}, {Figures.Short(_rate.Of(InputTokens))}/s"),
                new StatusPart($"out {Figures.Short(counts.OutputTokens)}, {Figures.Short(_rate.Of(OutputTokens))}/s")));
        }

        lines.AddRange(Targets(now, columns));
        if (Constraint.Of(now) is { } constraint)
        {
            lines.Add([new StatusPart("waits for ", StatusStyle.Dim), new StatusPart(constraint)]);
        }

        lines.AddRange(Errors(now, lastFailure));
        return lines;
    }

    private static IEnumerable<IReadOnlyList<StatusPart>> Bar(Forecast forecast, int columns)
    {
        const int Narrow = 60;
        const int Longest = 40;
        string total = forecast.Total is { } all ? $" of {(forecast.IsExact ? "" : "about ")}{(forecast.IsExact ? Figures.Count(all) : Figures.Short(all))}" : "";
        StatusPart done = new($"{Figures.Count(forecast.Done)}{total}");
        StatusPart left = forecast switch
        {
            { Left: { } span } => new StatusPart($"{Clock(span)} left", StatusStyle.Strong),
            { Total: null } => new StatusPart("time left not known", StatusStyle.Dim),
            _ => new StatusPart("time left not known yet", StatusStyle.Dim),
        };
        if (forecast.Share is not { } share)
        {
            return Pack(columns, done, left);
        }

        int length = Math.Clamp(columns < Narrow ? columns - 8 : columns - 45, 8, Longest);
        int full = (int)(share * length);
        StatusPart[] bar = [new(new string('━', full), StatusStyle.Good), new(new string('─', length - full), StatusStyle.Dim), new($" {Math.Floor(100 * share).ToString("0", CultureInfo.InvariantCulture)} %", StatusStyle.Strong)];
        return columns < Narrow
            ? [bar, .. Pack(columns, done, left)]
            : [[.. bar, new("  "), .. Pack(columns, done, left).First()]];
    }

    private static IEnumerable<IReadOnlyList<StatusPart>> Targets(SignalsSnapshot now, int columns)
    {
        // One target that is well has said all above.
        if (now.Targets is [{ CircuitState: CircuitState.Closed, ParkedFor: null }])
        {
            yield break;
        }

        foreach (TargetSignals target in now.Targets.Take(MostTargets))
        {
            (string state, StatusStyle style) = target switch
            {
                { ParkedFor: not null } => ("not used any more", StatusStyle.Bad),
                { CircuitState: CircuitState.Open } => ("circuit open", StatusStyle.Bad),
                { CircuitState: CircuitState.HalfOpen } => ("circuit half open", StatusStyle.Fair),
                _ => ("circuit closed", StatusStyle.Good),
            };
            string flight = $"  {Figures.Count(target.CurrentInflight)}{(target.MaxInflight > 0 ? $" of {Figures.Count(target.MaxInflight)}" : "")} in flight";
            int room = Math.Max(8, columns - state.Length - 2 - flight.Length);
            yield return [new StatusPart(DisplayWidth.Cut(SafeText.Of(target.Target), room)), new StatusPart("  " + state, style), new StatusPart(flight, StatusStyle.Dim)];
        }

        if (now.Targets.Count > MostTargets)
        {
            yield return [new StatusPart($"and {Figures.Count(now.Targets.Count - MostTargets)} more targets", StatusStyle.Dim)];
        }
    }

    private IEnumerable<IReadOnlyList<StatusPart>> Errors(SignalsSnapshot now, string? lastFailure)
    {
        foreach ((OutcomeKind kind, string message) in errors.Read().Take(MostErrors))
        {
            long count = now.Targets.Sum(target => target.Outcomes[kind]);
            yield return [new StatusPart($"{kind.ToText().Replace('_', ' ')} {Figures.Count(count)}  ", StatusStyle.Fair), new StatusPart(message, StatusStyle.Dim)];
        }

        if (lastFailure is not null)
        {
            yield return [new StatusPart("given up  ", StatusStyle.Bad), new StatusPart(lastFailure, StatusStyle.Dim)];
        }
    }

    /// <summary>As many parts on a line as fit, a dot between them.</summary>
    private static IEnumerable<IReadOnlyList<StatusPart>> Pack(int columns, params IEnumerable<StatusPart?> parts)
    {
        const string Between = " · ";
        List<StatusPart> line = [];
        int width = 0;
        foreach (StatusPart part in parts.OfType<StatusPart>())
        {
            if (line.Count > 0 && width + Between.Length + part.Text.Length > columns)
            {
                yield return line;
                line = [];
                width = 0;
            }

            if (line.Count > 0)
            {
                line.Add(new StatusPart(Between, StatusStyle.Dim));
                width += Between.Length;
            }

            line.Add(part);
            width += part.Text.Length;
        }

        yield return line;
    }

    private static StatusStyle Quiet(long count) => count == 0 ? StatusStyle.Dim : StatusStyle.Plain;

    private static string Clock(TimeSpan time) => time.TotalDays >= 2
        ? Figures.Duration(time.TotalSeconds)
        : string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time:mm\\:ss}");
}
