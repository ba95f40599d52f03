using AiLib.Dataflow.Rivals;

namespace AiLib.Dataflow.Scenarios.Targets;

/// <summary>Holds all calls until they are released together. Whatever it needs is there before the first call.</summary>
/// <remarks>Thread-safe; one call for each request.</remarks>
internal sealed class HeldProvider(int calls) : IProvider
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly HeldCall<int>[] _answers = HeldCall<int>.Create(calls);
    private readonly HeldCall<Outcome<int>>[] _outcomes = HeldCall<Outcome<int>>.Create(calls);
    private readonly bool[] _asOutcome = new bool[calls];
    private int _held;

    /// <inheritdoc/>
    public bool Yields => true;

    /// <inheritdoc/>
    public ValueTask<int> AnswerAsync(int request, CancellationToken cancellationToken = default)
    {
        ValueTask<int> call = _answers[request].Task;
        Interlocked.Increment(ref _held);
        return call;
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<int>> CallAsync(int request, AttemptContext attempt, CancellationToken cancellationToken)
    {
        ValueTask<Outcome<int>> call = _outcomes[request].Task;
        _asOutcome[request] = true;
        Interlocked.Increment(ref _held);
        return call;
    }

    /// <summary>Waits until every call has come.</summary>
    /// <exception cref="ScenarioFailedException">Some do not come.</exception>
    public async Task AllHeldAsync()
    {
        long began = TimeProvider.System.GetTimestamp();
        while (Volatile.Read(ref _held) < calls)
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new ScenarioFailedException($"only {_held} of {calls} calls are in flight after {Patience.TotalSeconds:0} s.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1));
        }

        // Whoever came last has yet to leave its code, in which it awaits.
        await Task.Delay(TimeSpan.FromMilliseconds(50));
    }

    /// <summary>Answers all of them.</summary>
    public void Release()
    {
        for (int request = 0; request < calls; request++)
        {
            if (_asOutcome[request])
            {
                _outcomes[request].Answer(Outcome<int>.Answered(Answers.For(request)));
            }
            else
            {
                _answers[request].Answer(Answers.For(request));
            }
        }
    }
}
