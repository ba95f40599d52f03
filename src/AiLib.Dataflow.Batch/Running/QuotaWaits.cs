using System.Globalization;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Batch.Parking;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Batch.Running;

/// <summary>What a run does about waits that are longer than the pipeline's: it parks what waits, ends the leg and sleeps; or, where that is not wished or not possible, it stops and says until when.</summary>
/// <remarks>Threading: the results' consumer, but for <see cref="OnShut"/>.</remarks>
/// <param name="job">The job.</param>
/// <param name="stop">Told when the run does not wait.</param>
/// <param name="signals">What the pipeline says.</param>
/// <param name="exhausted">Told who the run stopped for.</param>
/// <param name="changed">Looks at the input before it is read again: places say nothing about another input than the one that they are of.</param>
internal sealed class QuotaWaits(JobParts job, JobStop stop, PipelineSignals signals, ExhaustedTargets exhausted, ChangedInput changed)
{
    private bool CanPark => job.Parked is not null && CanReadAgain;

    private bool CanReadAgain => job.Options.InputStream is null && job.Files.Input.CanSeek;

    private string WhyNot => job.Parked is null ? "a run waits so long only when it is told to (--wait-for-quota)" : "the input is a stream, which cannot be read again";

    /// <summary>Takes a request that came to its end because its targets take none for long.</summary>
    /// <returns>False when that is not so, or when other targets take requests and this one cannot wait: it has failed.</returns>
    public bool TryTake(in Settled<BatchRequest, ProviderResponse> settled, JobLeg leg)
    {
        if (LongWait.Of(settled.Outcome, isParked: job.Parked is not null) is not { } wait)
        {
            return false;
        }

        DateTimeOffset until = job.Time.GetUtcNow() + wait;
        bool isLast = leg.IsPaused || stop.Stop.IsCancellationRequested || LongWait.IsOfTheLast(settled.Target, signals.Snapshot());
        if (CanPark)
        {
            job.Parked!.Park(settled.Request, settled.Target, until);
            if (isLast)
            {
                leg.Pause();
            }

            return true;
        }

        if (isLast)
        {
            exhausted.Look(settled);
            stop.StopBecause($"{settled.Target} takes no requests until {Time(until)}, and {WhyNot}. {FailureCode.MessageOf(settled.Outcome)}");
        }

        return isLast;
    }

    /// <summary>The pipeline holds all that it has, for long.</summary>
    public void OnShut(JobLeg leg, SignalsSnapshot now)
    {
        if (CanPark)
        {
            leg.Pause();
            return;
        }

        TimeSpan wait = now.Targets.Min(static target => target.ParkedFor ?? target.CooledFor);
        stop.StopBecause($"no target takes requests until {Time(job.Time.GetUtcNow() + wait)}, and {WhyNot}.");
    }

    /// <summary>Sleeps until parked requests may be sent.</summary>
    /// <returns>False when there are none, or when the run ends instead.</returns>
    /// <exception cref="OperationCanceledException">The run was told to stop.</exception>
    public async Task<bool> SleepAsync()
    {
        if (job.Parked is not { Count: > 0 } parked || stop.Stop.IsCancellationRequested)
        {
            return false;
        }

        DateTimeOffset now = job.Time.GetUtcNow();
        DateTimeOffset until = parked.ReadyAt(signals.Snapshot(), now);

        // Of what the leg has lasted longer than nothing is left to wait for.
        TimeSpan wait = until > now ? until - now : TimeSpan.Zero;
        if (!parked.TryWait(wait))
        {
            stop.StopBecause(FormattableString.Invariant(
                $"no target takes requests until {Time(until)}, which is longer than the run may wait without an answer (--wait-for-quota {job.Options.WaitForQuota!.Value.TotalMinutes:0.##}m); {parked.Count:N0} requests wait for it."));
            return false;
        }

        if (wait > TimeSpan.Zero)
        {
            parked.OnAsleep(until);
            try
            {
                await Task.Delay(wait, job.Time, stop.Stop).ConfigureAwait(Continuations.KeepContext);
            }
            finally
            {
                parked.OnAwake();
            }
        }

        return !await changed.LookAsync().ConfigureAwait(Continuations.KeepContext);
    }

    private static string Time(DateTimeOffset time) => time < DateTimeOffset.MaxValue
        ? time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)
        : "a time that nobody knows";
}
