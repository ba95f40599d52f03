namespace AiLib.Dataflow.Batch.Input;

/// <summary>What may be a <c>custom_id</c>.</summary>
internal static class CustomIds
{
    /// <summary>The longest one, in characters.</summary>
    public const int MaxLength = 256;

    /// <summary>What to do about one that cannot be used.</summary>
    public static string Cure { get; } = $"Write a string of 1 to {MaxLength} characters without control characters.";

    /// <summary>Whether a text may be one.</summary>
    public static bool IsUsable(string? text)
    {
        if (text is not { Length: > 0 and <= MaxLength })
        {
            return false;
        }

        foreach (char letter in text)
        {
            if (char.IsControl(letter))
            {
                return false;
            }
        }

        return true;
    }
}
