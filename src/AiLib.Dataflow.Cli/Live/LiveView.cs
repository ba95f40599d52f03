using System.Globalization;
using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Cli.Report;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.Cli.Terminal;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Live;

/// <summary>The live display of a run, as lines; what matters most comes first, because a terminal of few rows shows no more.</summary>
/// <remarks>For one thread.</remarks>
/// <param name="settings">What the command line says.</param>
/// <param name="errors">What failed attempts said.</param>
internal sealed class LiveView(RunSettings settings, ErrorBoard errors)
{
    private const int MostTargets = 5;
    private const int MostErrors = 3;

    /// <summary>The lines for a moment of the run.</summary>
    /// <param name="moment">The moment.</param>
    /// <param name="columns">How wide a line may be.</param>
    public IReadOnlyList<IReadOnlyList<StatusPart>> Lines(RunMoment moment, int columns)
    {
        List<IReadOnlyList<StatusPart>> lines = [.. Bar(moment.Forecast, columns), .. StatusLines.Pack(columns, Counts(moment))];
        if (moment.Bound is { } bound)
        {
            lines.AddRange(StatusLines.Wrap(columns, "waits for ", bound.ToString()));
        }

        lines.AddRange(StatusLines.Pack(columns, Flight(moment.Signals)));
        lines.AddRange(StatusLines.Pack(columns, Tokens(moment)));
        lines.AddRange(StatusLines.Pack(columns, Quota(moment)));
        lines.AddRange(StatusLines.Pack(columns, Money(moment)));
        if (moment.Counts.Parked > 0)
        {
            lines.AddRange(StatusLines.Pack(columns, [new StatusPart($"parked {Figures.Count(moment.Counts.Parked)}{PlainLine.Until(moment.Counts)}", StatusStyle.Fair)]));
        }

        lines.AddRange(Targets(moment, columns));
        lines.AddRange(Errors(moment));
        return lines;
    }

    private static IEnumerable<IReadOnlyList<StatusPart>> Bar(Forecast forecast, int columns)
    {
        const int Narrow = 60;
        const int Longest = 40;
        const int Percent = 8;
        const int Between = 3;
        string total = forecast.Total is { } all ? $" of {(forecast.IsExact ? "" : "about ")}{(forecast.IsExact ? Figures.Count(all) : Figures.Short(all))}" : "";
        StatusPart done = new($"{Figures.Count(forecast.Done)}{total}");
        StatusPart left = forecast switch
        {
            { Left: { } span } => new StatusPart($"{Clock(span)} left", StatusStyle.Strong),
            _ => new StatusPart("time left not known", StatusStyle.Dim),
        };
        if (forecast.Share is not { } share)
        {
            return StatusLines.Pack(columns, done, left);
        }

        // As long as it was before, whatever the words beside it, while they fit.
        int words = DisplayWidth.Of(done.Text) + Between + DisplayWidth.Of(left.Text);
        int length = Math.Clamp(columns < Narrow ? columns - Percent : Math.Min(columns - 45, columns - Percent - words), 8, Longest);
        int full = (int)(share * length);
        StatusPart[] bar = [new(new string('━', full), StatusStyle.Good), new(new string('─', length - full), StatusStyle.Dim), new($" {Math.Floor(100 * share).ToString("0", CultureInfo.InvariantCulture)} %", StatusStyle.Strong)];
        return columns < Narrow
            ? [bar, .. StatusLines.Pack(columns, done, left)]
            : [[.. bar, new("  "), .. StatusLines.Pack(columns, done, left).First()]];
    }

    private IEnumerable<StatusPart?> Counts(RunMoment moment)
    {
        BatchJobCounts counts = moment.Counts;
        long failed = counts.Failed + counts.BadLines;
        yield return new StatusPart($"{Figures.Short(moment.PerSecond)}/s", StatusStyle.Strong);
        yield return new StatusPart($"answered {Figures.Count(counts.Answered)}");
        yield return new StatusPart($"failed {Figures.Count(failed)}", failed > 0 ? StatusStyle.Bad : StatusStyle.Dim);
        yield return counts.AlreadyDone > 0 ? new StatusPart($"already done {Figures.Count(counts.AlreadyDone)}") : null;
        yield return new StatusPart(Clock(moment.Time), StatusStyle.Dim);
        yield return settings.Deadline is { } deadline ? new StatusPart($"stops in {Clock(deadline > moment.Time ? deadline - moment.Time : TimeSpan.Zero)}") : null;
    }

    private static IEnumerable<StatusPart?> Flight(SignalsSnapshot now)
    {
        long throttled = now.Targets.Sum(target => target.Outcomes[OutcomeKind.Throttled]);
        int limit = now.Targets.Any(target => target.MaxInflight == 0) ? 0 : now.Targets.Sum(target => target.MaxInflight);
        yield return new StatusPart($"in flight {Figures.Count(now.CurrentInflight)}{(limit > 0 ? $" of {Figures.Count(limit)}" : "")}");
        yield return new StatusPart($"to retry {Figures.Count(now.Depths.Delayed)}", Quiet(now.Depths.Delayed));
        yield return new StatusPart($"retries {Figures.Count(now.Retries)}", Quiet(now.Retries));
        yield return new StatusPart($"redirects {Figures.Count(now.Redirects)}", Quiet(now.Redirects));
        yield return new StatusPart($"429s {Figures.Count(throttled)}", Quiet(throttled));
    }

    private static IEnumerable<StatusPart?> Tokens(RunMoment moment)
    {
        if (moment.Counts.InputTokens + moment.Counts.OutputTokens > 0)
        {
            yield return new StatusPart($"tokens in {Figures.Short(moment.Counts.InputTokens)}, {Figures.Short(moment.InputTokensPerSecond)}/s");
            yield return new StatusPart($"out {Figures.Short(moment.Counts.OutputTokens)}, {Figures.Short(moment.OutputTokensPerSecond)}/s");
        }
    }

    private static IEnumerable<StatusPart?> Quota(RunMoment moment)
    {
        if (moment.Quota.RequestsPerMinute is { } requests)
        {
            yield return new StatusPart($"quota: {Figures.Short(moment.AttemptsPerMinute)} of {Figures.Short(requests)} requests/min");
        }

        if (moment.Quota.TokensPerMinute is { } tokens)
        {
            yield return new StatusPart(
                $"{(moment.Quota.RequestsPerMinute is null ? "quota: " : "")}{Figures.Short(60 * (moment.InputTokensPerSecond + moment.OutputTokensPerSecond))} of {Figures.Short(tokens)} tokens/min");
        }
    }

    private IEnumerable<StatusPart?> Money(RunMoment moment)
    {
        if (moment.Counts.Spend is not { } spend)
        {
            yield break;
        }

        string least = spend.UnknownAttempts > 0 ? "at least " : "";
        string budget = settings.Budget is { } most ? $" of {UsdText.Of(most)}" : "";
        yield return new StatusPart($"spent {least}{UsdText.Of(spend.TotalUsd)}{budget}", StatusStyle.Strong);
        if (moment.ProjectedUsd is { } projected)
        {
            // Equal requests are asked for once and cost once, and the rest counts them all.
            yield return new StatusPart(
                $"{(settings.Dedupe ? "at most about" : "about")} {UsdText.Of(projected)} in the end", projected > settings.Budget ? StatusStyle.Bad : StatusStyle.Plain);
        }
    }

    private static IEnumerable<IReadOnlyList<StatusPart>> Targets(RunMoment moment, int columns)
    {
        IReadOnlyList<TargetSignals> targets = moment.Signals.Targets;
        bool isAlone = targets.Count == 1;
        for (int index = 0; index < Math.Min(MostTargets, targets.Count); index++)
        {
            TargetSignals target = targets[index];
            (string state, StatusStyle style) = target switch
            {
                { ParkedFor: not null } => ("not used any more", StatusStyle.Bad),
                { CircuitState: CircuitState.Open } => ("circuit open", StatusStyle.Bad),
                { CircuitState: CircuitState.HalfOpen } => ("circuit half open", StatusStyle.Fair),
                { CooledFor.Ticks: > 0 } => ("circuit closed, pauses", StatusStyle.Fair),
                _ => ("circuit closed", StatusStyle.Good),
            };

            // What one target alone does has been said above.
            string flight = isAlone ? "" : $"  {Figures.Count(target.CurrentInflight)}{(target.MaxInflight > 0 ? $" of {Figures.Count(target.MaxInflight)}" : "")} in flight";
            string quota = !isAlone && target.RequestLimitPerMinute is { } limit && index < moment.AttemptsPerMinuteAt.Count
                ? $"  {Figures.Short(moment.AttemptsPerMinuteAt[index])} of {Figures.Short(limit)}/min"
                : "";
            int room = columns - state.Length - 2 - flight.Length;
            bool hasRoom = room - quota.Length >= DisplayWidth.Of(SafeText.Of(target.Target));
            yield return
            [
                new StatusPart(DisplayWidth.Cut(SafeText.Of(target.Target), Math.Max(8, room))), new StatusPart("  " + state, style),
                new StatusPart(flight + (hasRoom ? quota : ""), StatusStyle.Dim),
            ];
        }

        if (targets.Count > MostTargets)
        {
            yield return [new StatusPart($"and {Figures.Count(targets.Count - MostTargets)} more targets", StatusStyle.Dim)];
        }
    }

    private IEnumerable<IReadOnlyList<StatusPart>> Errors(RunMoment moment)
    {
        foreach ((OutcomeKind kind, string message) in errors.Read().Take(MostErrors))
        {
            long count = moment.Signals.Targets.Sum(target => target.Outcomes[kind]);
            yield return [new StatusPart($"{kind.ToText().Replace('_', ' ')} {Figures.Count(count)}  ", StatusStyle.Fair), new StatusPart(message, StatusStyle.Dim)];
        }

        if (moment.LastFailure is { } failure)
        {
            yield return [new StatusPart("given up  ", StatusStyle.Bad), new StatusPart(failure, StatusStyle.Dim)];
        }
    }

    private static StatusStyle Quiet(long count) => count == 0 ? StatusStyle.Dim : StatusStyle.Plain;

    /// <summary>A time as a clock shows it.</summary>
    internal static string Clock(TimeSpan time) => time.TotalDays >= 2
        ? Figures.Duration(time.TotalSeconds)
        : string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time:mm\\:ss}");
}
