using AiLib.Dataflow.Capacity;

namespace AiLib.Dataflow;

/// <summary>A request is about to wait for another attempt at the same target.</summary>
/// <param name="Target">The target.</param>
/// <param name="Outcome">What the failed attempt produced.</param>
/// <param name="Error">Its error, if it had one.</param>
/// <param name="Attempt">The number of the failed attempt over all targets, from 1.</param>
/// <param name="Delay">How long it will wait.</param>
public readonly record struct RetryEvent(string Target, OutcomeKind Outcome, Exception? Error, int Attempt, TimeSpan Delay);

/// <summary>A request moves to another target.</summary>
/// <param name="From">The target it leaves.</param>
/// <param name="To">The target it goes to.</param>
/// <param name="Cause">The failed attempt's outcome; null when there was none, because the target could not be called.</param>
/// <param name="Error">The failed attempt's error, if it had one.</param>
/// <param name="Attempts">Attempts made so far, over all targets.</param>
public readonly record struct RedirectEvent(string From, string To, OutcomeKind? Cause, Exception? Error, int Attempts);

/// <summary>The circuit of a target changed its state.</summary>
/// <param name="Target">The target.</param>
/// <param name="Change">From what to what, and for how long.</param>
public readonly record struct CircuitEvent(string Target, CircuitChange Change);

/// <summary>A request was refused.</summary>
/// <param name="Refusal">By which check, why, and when to come back.</param>
public readonly record struct RejectionEvent(Refusal Refusal);

/// <summary>A member of a pool gets no more requests, because its key was refused or its quota is used up. Its requests go to the other members.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Target">The member.</param>
/// <param name="For">For how long; null for as long as the pipeline runs.</param>
/// <param name="Left">How many members are left; the last one is never parked.</param>
/// <param name="Error">What the failed attempt's error was, if it had one.</param>
public readonly record struct ParkEvent(string Pool, string Target, TimeSpan? For, int Left, Exception? Error);
