using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Cli.Binding;

/// <summary>A constraint as a person reads it where no target is named.</summary>
/// <param name="Constraint">Which one.</param>
/// <param name="Name">What is waited for.</param>
/// <param name="Colour">Its colour, the same in all pictures.</param>
/// <param name="Meaning">What it means that it binds, and what helps.</param>
internal sealed record ConstraintWords(Constraint Constraint, string Name, string Colour, string Meaning)
{
    /// <summary>All of them, in the order of their pictures.</summary>
    public static IReadOnlyList<ConstraintWords> All { get; } =
    [
        new(Constraint.ProviderLatency, "answers", "blue", "All that the target takes at once was in flight. Nothing here holds it up; a faster target, or another one, makes it shorter."),
        new(Constraint.RequestCredits, "request credits", "orange", "A limit on requests over time: --rpm, --rps, --pool-rpm, or what the target says of itself. Raise it, if the target takes more."),
        new(Constraint.TokenCredits, "LLM token credits", "yellow", "A limit on LLM tokens over time: --tpm, --pool-tpm, or what the target says of itself. Raise it, if the target takes more, or lower max_tokens."),
        new(Constraint.InFlight, "a place in flight", "teal", "As many were in flight as --max-inflight allows. Raise it, if the target takes more."),
        new(Constraint.RetryWait, "the time of retries", "violet", "All that was left, or most of it, waited for the time of its retry. Fewer failures make it shorter."),
        new(Constraint.Unavailable, "a target that can be called", "red", "The circuit was open, the target had asked for a pause, or its key was parked. A further --target takes over meanwhile."),
        new(Constraint.Consumer, "results to be written", "green", "Answers came faster than they were written. A faster disk helps, --durability none, or leaving --ordered out."),
        new(Constraint.Input, "requests to be read", "grey", "More could have been sent than was read: the input, its checks, or a budget that is nearly used up were slower than the target."),
        new(Constraint.None, "nothing", "pale", "There was nothing to send: before the first request, or after the last."),
    ];

    /// <summary>The words of a constraint.</summary>
    public static ConstraintWords Of(Constraint constraint) => All.First(words => words.Constraint == constraint);
}
