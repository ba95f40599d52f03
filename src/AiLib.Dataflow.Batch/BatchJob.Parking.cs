using System.Globalization;
using AiLib.Dataflow.Batch.Parking;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Batch;

/// <summary>Waits that are longer than the pipeline's: the run stops, or goes in legs and sleeps between them.</summary>
public sealed partial class BatchJob
{
    /// <summary>Runs legs until nothing waits any more.</summary>
    private async Task RunLegsAsync(RequestPipeline<BatchRequest, ProviderResponse> pipeline, JobStop ending)
    {
        bool isAgain = false;
        do
        {
            if (isAgain)
            {
                _files.Input.Position = 0;
            }

            JobLeg leg = new(ending, pipeline.Signals, _options.TimeProvider, (leg, now) => OnShut(leg, now, ending));
            await using (leg.ConfigureAwait(Continuations.KeepContext))
            {
                ParkedPlaces? places = _parked?.Begin();
                try
                {
                    await ConsumeAsync(pipeline, ending, leg, places).ConfigureAwait(Continuations.KeepContext);
                }
                catch (OperationCanceledException) when (leg.IsPaused && !ending.Stop.IsCancellationRequested)
                {
                    // What the pipeline still had is parked.
                }
                finally
                {
                    await leg.ReaderLeftAsync().ConfigureAwait(Continuations.KeepContext);
                    foreach (BatchRequest request in _parked?.End(leg.IsPaused) ?? [])
                    {
                        _budget?.Release(request);
                    }
                }
            }

            isAgain = true;
        }
        while (_parked is { Count: > 0 } && await WaitAsync(pipeline.Signals, ending).ConfigureAwait(Continuations.KeepContext));
    }

    /// <summary>Takes a request that came to its end because its targets take none for long.</summary>
    /// <returns>False when that is not so, or when other targets take requests and this one cannot wait: it has failed.</returns>
    private bool TryTakeLongWait(in Settled<BatchRequest, ProviderResponse> settled, PipelineSignals signals, JobStop ending, JobLeg leg)
    {
        if (LongWait.Of(settled.Outcome, isParked: _parked is not null) is not { } wait)
        {
            return false;
        }

        DateTimeOffset until = _options.TimeProvider.GetUtcNow() + wait;
        bool isLast = leg.IsPaused || ending.Stop.IsCancellationRequested || LongWait.IsOfTheLast(settled.Target, signals.Snapshot());
        if (_parked is not null && CanReadAgain)
        {
            _parked.Park(settled.Request, settled.Target, until);
            if (isLast)
            {
                leg.Pause();
            }

            return true;
        }

        if (isLast)
        {
            _exhausted.Look(settled);
            ending.StopBecause($"{settled.Target} takes no requests until {Time(until)}, and {WhyNotWait}. {Output.FailureCode.MessageOf(settled.Outcome)}");
        }

        return isLast;
    }

    /// <summary>The pipeline holds all that it has, for long.</summary>
    private void OnShut(JobLeg leg, SignalsSnapshot now, JobStop ending)
    {
        if (_parked is not null && CanReadAgain)
        {
            leg.Pause();
            return;
        }

        TimeSpan wait = now.Targets.Min(static target => target.ParkedFor ?? target.CooledFor);
        ending.StopBecause($"no target takes requests until {Time(_options.TimeProvider.GetUtcNow() + wait)}, and {WhyNotWait}.");
    }

    private string WhyNotWait => _parked is null ? "a run waits so long only when it is told to (--wait-for-quota)" : "the input is a stream, which cannot be read again";

    private bool CanReadAgain => _options.InputStream is null && _files.Input.CanSeek;

    /// <summary>Sleeps until parked requests may be sent.</summary>
    /// <returns>False when the run ends instead.</returns>
    private async Task<bool> WaitAsync(PipelineSignals signals, JobStop ending)
    {
        if (ending.Stop.IsCancellationRequested)
        {
            return false;
        }

        DateTimeOffset now = _options.TimeProvider.GetUtcNow();
        DateTimeOffset until = _parked!.ReadyAt(signals.Snapshot(), now);
        if (!_parked.TryWait(until - now, until))
        {
            ending.StopBecause(FormattableString.Invariant(
                $"no target takes requests until {Time(until)}, which is longer than the run may wait without an answer (--wait-for-quota {_options.WaitForQuota!.Value.TotalMinutes:0.##}m); {_parked.Count:N0} requests wait for it."));
            return false;
        }

        TimeSpan wait = until - now;
        if (wait > TimeSpan.Zero)
        {
            try
            {
                await Task.Delay(wait, _options.TimeProvider, ending.Stop).ConfigureAwait(Continuations.KeepContext);
            }
            finally
            {
                _parked.OnAwake();
            }
        }

        return !await HasChangedAsync(ending).ConfigureAwait(Continuations.KeepContext);
    }

    /// <summary>Places say nothing about another input than the one that they are of.</summary>
    private async Task<bool> HasChangedAsync(JobStop ending)
    {
        if (await _files.InputChangeAsync().ConfigureAwait(Continuations.KeepContext) is not { } change)
        {
            return false;
        }

        HasInputChanged = true;
        ending.StopBecause(ChangedBecause(change));
        return true;
    }

    private static string Time(DateTimeOffset time) => time < DateTimeOffset.MaxValue
        ? time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)
        : "a time that nobody knows";
}
