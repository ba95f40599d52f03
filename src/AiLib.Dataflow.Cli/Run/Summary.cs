using System.Globalization;
using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Cli.Binding;
using AiLib.Dataflow.Cli.Targets;
using AiLib.Dataflow.Providers.Estimates;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Run;

/// <summary>How a run ended: for people, for programs, and for the shell.</summary>
/// <param name="job">The job.</param>
/// <param name="result">What the run came to.</param>
/// <param name="signals">What the pipeline said last.</param>
/// <param name="bound">What bound for most of the run; null when nothing did.</param>
/// <param name="times">What bound, and for how long.</param>
/// <param name="lastTrouble">Why an attempt failed last; null when none did.</param>
internal sealed class Summary(BatchJob job, BatchJobResult result, SignalsSnapshot signals, Bound? bound, ConstraintTimes times, string? lastTrouble)
{
    // What a shorter run waited for is how long it takes to begin.
    private static readonly TimeSpan WorthSaying = TimeSpan.FromSeconds(1);

    private readonly BatchJobCounts _counts = result.Counts;

    /// <summary>What the shell is told.</summary>
    public int ExitCode => result.End switch
    {
        BatchJobEnd.StoppedEarly => Cli.ExitCode.StoppedEarly,
        BatchJobEnd.Interrupted => Cli.ExitCode.Interrupted,
        _ when _counts.LinesRead == 0 => Cli.ExitCode.Wrong,
        _ => Failures == 0 ? Cli.ExitCode.Succeeded : Cli.ExitCode.FinishedWithFailures,
    };

    private long Failures => _counts.Failed + _counts.BadLines + _counts.AlreadyFailed;

    private double PerSecond => _counts.Answered / Math.Max(result.Elapsed.TotalSeconds, 0.001);

    /// <summary>The run for people.</summary>
    public IEnumerable<string> ToLines()
    {
        if (result.End == BatchJobEnd.Completed && _counts.LinesRead == 0)
        {
            yield return "ailib: the input has no requests.";
            yield break;
        }

        yield return result.End switch
        {
            BatchJobEnd.StoppedEarly => $"Stopped early: {result.Reason}",
            BatchJobEnd.Interrupted => "Interrupted.",
            _ => "Done.",
        };
        if (result.End == BatchJobEnd.StoppedEarly && _counts.Answered == 0 && lastTrouble is not null)
        {
            yield return lastTrouble;
        }

        yield return FormattableString.Invariant(
            $"{_counts.Answered:N0} answered, {_counts.Failed + _counts.BadLines:N0} failed, {_counts.AlreadyDone:N0} already done; ")
            + FormattableString.Invariant(
            $"{signals.Retries:N0} retries, {signals.Redirects:N0} redirects; {result.Elapsed.TotalSeconds:0.0} s, {PerSecond:0.0} requests/s");
        if (result.End == BatchJobEnd.Interrupted && _counts.Parked > 0)
        {
            yield return FormattableString.Invariant($"{_counts.Parked:N0} requests wait for a quota; nothing is written for them yet.");
        }

        if (bound is not null && signals.Attempts > 0 && result.Elapsed >= WorthSaying)
        {
            yield return bound.ToSentence();
        }

        if (_counts.Spend is { } spend)
        {
            yield return Describe(spend);
        }

        foreach (ExhaustedTarget exhausted in result.Exhausted)
        {
            yield return Describe(exhausted);
        }

        yield return $"Results: {job.ResultsPath}";
        if (Failures > 0)
        {
            yield return FormattableString.Invariant($"Errors:  {job.ErrorsPath} ({Failures:N0} lines; --retry-errors tries them again)");
        }

        // Of an input that has changed the reason says already what to do, and it is another command.
        if (result.End != BatchJobEnd.Completed && !job.HasInputChanged)
        {
            yield return job.IsResumable ? "The same command continues." : "Results that go to standard output are not remembered: the same command starts again.";
        }
    }

    /// <summary>The run for programs: one JSON object in one line.</summary>
    public string ToJson()
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("end", result.End switch
            {
                BatchJobEnd.StoppedEarly => "stopped_early",
                BatchJobEnd.Interrupted => "interrupted",
                _ => "completed",
            });
            json.WriteNumber("exit_code", ExitCode);
            json.WriteString("reason", result.Reason);
            json.WriteNumber("answered", _counts.Answered);
            json.WriteNumber("failed", _counts.Failed);
            json.WriteNumber("bad_lines", _counts.BadLines);
            json.WriteNumber("already_done", _counts.AlreadyDone);
            json.WriteNumber("already_failed", _counts.AlreadyFailed);
            json.WriteNumber("parked", _counts.Parked);
            json.WriteNumber("attempts", signals.Attempts);
            json.WriteNumber("retries", signals.Retries);
            json.WriteNumber("redirects", signals.Redirects);
            json.WriteNumber("elapsed_seconds", Math.Round(result.Elapsed.TotalSeconds, 3));
            json.WriteNumber("requests_per_second", Math.Round(PerSecond, 1));
            WriteTimes(json);
            WriteSpend(json);
            WriteExhausted(json);
            json.WriteString("results", job.ResultsPath);
            json.WriteString("errors", Failures > 0 ? job.ErrorsPath : null);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private string Describe(ExhaustedTarget exhausted)
    {
        string again = result.End == BatchJobEnd.Completed ? "Run them again after that with --retry-errors" : "The same command goes on after that";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Exhausted: {exhausted.Target} asked to be left alone for {DurationText.Of(exhausted.Wait)}, until {exhausted.Until.UtcDateTime:yyyy-MM-dd HH:mm} UTC; ")
            + string.Create(CultureInfo.InvariantCulture, $"{exhausted.Requests:N0} requests had no other target. {again}; or add another --target.");
    }

    private static string Describe(BatchSpend spend)
    {
        List<string> parts = [$"Spent:   {UsdText.Of(spend.Usd)}"];
        if (spend.BeforeUsd > 0)
        {
            parts.Add($"{UsdText.Of(spend.TotalUsd)} over all runs");
        }

        if (spend.EstimatedUsd > 0)
        {
            parts.Add($"{UsdText.Of(spend.EstimatedUsd)} of it estimated, for attempts whose usage is not known");
        }

        if (spend.UnknownAttempts > 0)
        {
            parts.Add(FormattableString.Invariant($"and what {spend.UnknownAttempts:N0} attempts at targets without a price have cost"));
        }

        return string.Join(", ", parts);
    }

    private void WriteExhausted(Utf8JsonWriter json)
    {
        json.WriteStartArray("exhausted");
        foreach (ExhaustedTarget exhausted in result.Exhausted)
        {
            json.WriteStartObject();
            json.WriteString("target", exhausted.Target);
            json.WriteNumber("retry_after_seconds", Math.Ceiling(exhausted.Wait.TotalSeconds));
            json.WriteString("until", exhausted.Until.UtcDateTime);
            json.WriteNumber("requests", exhausted.Requests);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Where the time went, as shares of it.</summary>
    private void WriteTimes(Utf8JsonWriter json)
    {
        const int Digits = 4;
        json.WriteStartObject("time_shares");
        foreach (Constraint constraint in Enum.GetValues<Constraint>())
        {
            json.WriteNumber(constraint.ToText(), Math.Round(times.Share(constraint), Digits));
        }

        json.WriteEndObject();
    }

    /// <summary>Null where nothing is known, which is not the same as nothing.</summary>
    private void WriteSpend(Utf8JsonWriter json)
    {
        if (_counts.Spend is not { } spend)
        {
            json.WriteNull("cost_usd");
            return;
        }

        json.WriteNumber("cost_usd", spend.Usd);
        json.WriteNumber("cost_usd_all_runs", spend.TotalUsd);
        json.WriteNumber("cost_usd_estimated", spend.EstimatedUsd);
        json.WriteNumber("attempts_of_unknown_cost", spend.UnknownAttempts);
    }

    private static string How(Target target) => ReferenceEquals(target.Estimator, CheapTokenEstimator.Instance)
        ? "estimated by characters; --tokenizer exact counts them"
        : $"texts counted with {target.Estimator.Name}";

    /// <summary>What a run would do, for people.</summary>
    public static IEnumerable<string> Describe(BatchPlan plan, IReadOnlyList<Target> targets, RunSettings settings)
    {
        yield return string.Create(CultureInfo.InvariantCulture,
            $"Would send {plan.Requests:N0} requests, {plan.BodyBytes:N0} bytes, at most about {plan.EstimatedTokens:N0} tokens ({How(targets[0])}). Nothing was sent.");
        yield return string.Create(CultureInfo.InvariantCulture, $"Already done: {plan.AlreadyDone:N0}. Lines that are no requests: {plan.BadLines:N0}.");
        foreach (Target target in targets)
        {
            string where = target.Options is { } options ? options.BaseAddress.GetLeftPart(UriPartial.Path) : "the embedded simulator";
            yield return $"Target:  {target.Id} at {where}, model {target.Model ?? "of each request"}, key {(target.Options?.Key is null ? "none" : "set")}, "
                + (target.Prices is { } prices ? $"at most about {UsdText.Of(prices.CostOf(plan.Estimate))}" : "cost unknown (no price)");
        }

        if (LeastTime.Describe(plan, targets[0].Plan) is { } time)
        {
            yield return time;
        }

        if (plan.SpentBeforeUsd > 0)
        {
            yield return $"Spent by earlier runs: {UsdText.Of(plan.SpentBeforeUsd)}.";
        }

        yield return $"Results: {plan.ResultsPath}{(settings.Fresh ? " (earlier ones are moved aside)" : "")}";
        yield return $"Errors:  {plan.ErrorsPath}";
    }
}
