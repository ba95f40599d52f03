namespace AiLib.Dataflow.Simulator.Requests;

/// <summary>What is wrong with the body of a request; each dialect has its own words for it.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Path">Where, such as <c>messages[0].role</c>.</param>
/// <param name="Expected">What was expected there, in words.</param>
/// <param name="Actual">What was found there, in words.</param>
internal sealed record class RequestProblem(ProblemKind Kind, string Path = "", string Expected = "", string Actual = "");

/// <summary>The ways in which a body can be wrong.</summary>
internal enum ProblemKind
{
    /// <summary>It is not JSON, or nested too deeply.</summary>
    NotJson,

    /// <summary>Something required is missing.</summary>
    Missing,

    /// <summary>Something has the wrong type.</summary>
    WrongType,

    /// <summary>An array that needs an element has none.</summary>
    Empty,

    /// <summary>A number is below its minimum.</summary>
    TooSmall,

    /// <summary>A number is above its maximum.</summary>
    TooLarge,

    /// <summary>A value is none of those allowed.</summary>
    NotAllowed,
}
