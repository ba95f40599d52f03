using System.Text.Json;

namespace AiLib.Dataflow.Providers.Json;

/// <summary>Looks into JSON of unknown shape; a wrong shape is an absent value, never an exception.</summary>
internal static class JsonElements
{
    /// <summary>A property; null when the element is no object, has none, or the property is null.</summary>
    public static JsonElement? Find(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
        && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)
            ? value
            : null;

    /// <summary>The entries of a list; none when the element is no list.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>The text of a string or number; null when it is something else, or a string that is no valid text.</summary>
    public static string? TextOrNull(this JsonElement element)
    {
        try
        {
            return element.ValueKind switch
            {
                JsonValueKind.String => element.GetString(),
                JsonValueKind.Number => element.GetRawText(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, or bytes that are not UTF-8: the platform throws this and not JsonException.
            return null;
        }
    }
}
