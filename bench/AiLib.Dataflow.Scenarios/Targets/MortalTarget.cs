using AiLib.Dataflow.Rivals;

namespace AiLib.Dataflow.Scenarios.Targets;

/// <summary>Answers so many calls, each after its time, and fails every later one at once.</summary>
/// <param name="callTime">How long an answer takes.</param>
/// <param name="lifespan">How many calls it answers.</param>
/// <remarks>Thread-safe.</remarks>
internal sealed class MortalTarget(TimeSpan callTime, int lifespan) : IEndpoint<int, int>
{
    private int _attempts;

    /// <summary>How many calls there were.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    /// <summary>How many of them came after its death.</summary>
    public int Wasted => Math.Max(0, Attempts - lifespan);

    /// <inheritdoc/>
    public async ValueTask<Outcome<int>> CallAsync(int request, AttemptContext attempt, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _attempts) > lifespan)
        {
            return Outcome<int>.Failed(OutcomeKind.Failed);
        }

        await Task.Delay(callTime, cancellationToken);
        return Outcome<int>.Answered(Answers.For(request));
    }

    /// <summary>As <see cref="CallAsync"/>, for those who want exceptions.</summary>
    /// <exception cref="TargetDownException">It is dead.</exception>
    public async ValueTask<int> AnswerAsync(int request, CancellationToken cancellationToken)
    {
        Outcome<int> outcome = await CallAsync(request, default, cancellationToken);
        return outcome.IsAnswered ? outcome.Response : throw new TargetDownException();
    }
}

/// <summary>A target is dead.</summary>
internal sealed class TargetDownException() : Exception("The target is down.");
