using System.Text.Json;

namespace AiLib.Dataflow.Providers.Estimates;

/// <summary>Adds up the tokens of the texts of one request. A mutable struct, so that a request costs no allocation.</summary>
internal interface ITextCounter
{
    /// <summary>The tokens of all the texts so far.</summary>
    long Tokens { get; }

    /// <summary>Adds the string or property name that the reader stands on.</summary>
    /// <exception cref="InvalidOperationException">It is no valid text. A counter may pass over that as well.</exception>
    void Add(ref Utf8JsonReader reader);
}
