using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Running;

/// <summary>Gives every request that came to its end its line, and stops the run when what comes out says that the rest would fail as well.</summary>
/// <remarks>For one thread, the results' consumer.</remarks>
/// <param name="job">The job.</param>
/// <param name="stop">Told when the rest would fail.</param>
/// <param name="exhausted">Told who wants to be left alone.</param>
internal sealed class AnswerWriter(JobParts job, JobStop stop, ExhaustedTargets exhausted) : IDisposable
{
    private readonly OutputLine _line = new();
    private readonly ExhaustionWatch _exhaustion = new();
    private readonly FailureWatch _failures = new(job.Options.StopAtFailureShare);

    // Whose key or quota may be at fault.
    private readonly List<Settled<BatchRequest, ProviderResponse>> _held = [];

    /// <summary>Takes what came of a request.</summary>
    public void Take(in Settled<BatchRequest, ProviderResponse> settled, LineGroup group)
    {
        exhausted.Look(settled);
        switch (_exhaustion.Look(settled.IsAnswered, FailureCode.CodeOf(settled.Outcome)))
        {
            case ExhaustionVerdict.Write:
                WriteHeld(group);
                Write(settled, group);
                if (_failures.Look(settled.IsAnswered ? null : FailureCode.CodeOf(settled.Outcome)) is { } reason)
                {
                    stop.StopBecause(reason);
                }

                break;
            case ExhaustionVerdict.Hold:
                _held.Add(settled);
                break;
            default:
                _held.Clear();
                stop.StopBecause($"{FailureCode.TargetOf(settled)} turns every request away: {FailureCode.MessageOf(settled.Outcome)}");
                break;
        }
    }

    /// <summary>Writes what was held back: nothing came that would have stopped the run.</summary>
    public void WriteHeld(LineGroup group)
    {
        foreach (Settled<BatchRequest, ProviderResponse> held in _held)
        {
            Write(held, group);
        }

        _held.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => _line.Dispose();

    private void Write(in Settled<BatchRequest, ProviderResponse> settled, LineGroup group)
    {
        if (!settled.IsAnswered)
        {
            job.Tally.OnFailure(FailureCode.MessageOf(settled.Outcome));
            group.AddFailure(_line.Failed(settled.Request, settled.Outcome, LineFacts.Of(settled)));
            return;
        }

        if (settled.Outcome.Response!.Usage is { } usage)
        {
            job.Tally.OnUsage(usage);
        }

        decimal? cost = job.Spend.CostOf(settled);
        group.AddAnswer(_line.Answered(settled.Request, settled.Outcome.Response, LineFacts.Of(settled, cost)), cost ?? 0);
    }
}
