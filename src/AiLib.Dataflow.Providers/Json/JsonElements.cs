using System.Text.Json;

namespace AiLib.Dataflow.Providers.Json;

/// <summary>Looks into JSON of unknown shape; a wrong shape is an absent value, never an exception.</summary>
internal static class JsonElements
{
    /// <summary>A property; null when the element is no object, has none, or the property is null. A neighbour whose name is no valid text is passed over.</summary>
    public static JsonElement? Find(this JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        JsonElement? found = null;
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (IsNamed(property, name))
            {
                // The last one counts, as everywhere in System.Text.Json.
                found = property.Value;
            }
        }

        return found is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } ? found : null;
    }

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

    private static bool IsNamed(JsonProperty property, string name)
    {
        try
        {
            return property.NameEquals(name);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair in an escaped name, which is not the one looked for.
            return false;
        }
    }
}
