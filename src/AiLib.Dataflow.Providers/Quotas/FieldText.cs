namespace AiLib.Dataflow.Providers.Quotas;

/// <summary>Takes a structured header field (RFC 9651) apart, as far as rate limits need it, without building anything.</summary>
/// <remarks>Lenient: what is no structured field falls into pieces that say nothing.</remarks>
internal static class FieldText
{
    /// <summary>Takes what is before a separator, not counting separators inside quotes, and leaves what is behind it.</summary>
    public static ReadOnlySpan<char> Take(scoped ref ReadOnlySpan<char> rest, char separator)
    {
        bool isQuoted = false;
        int end = 0;
        for (; end < rest.Length && (isQuoted || rest[end] != separator); end++)
        {
            if (rest[end] == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (isQuoted && rest[end] == '\\' && end + 1 < rest.Length)
            {
                // The character behind it ends nothing.
                end++;
            }
        }

        ReadOnlySpan<char> taken = rest[..end];
        rest = end < rest.Length ? rest[(end + 1)..] : default;
        return taken.Trim();
    }

    /// <summary>What is before the parameters of a member.</summary>
    public static ReadOnlySpan<char> Item(ReadOnlySpan<char> member) => Take(ref member, ';');

    /// <summary>The value of a parameter, without quotes; empty when there is none.</summary>
    public static ReadOnlySpan<char> Parameter(ReadOnlySpan<char> member, string key)
    {
        _ = Take(ref member, ';');
        while (!member.IsEmpty)
        {
            ReadOnlySpan<char> value = Take(ref member, ';');
            if (Take(ref value, '=').SequenceEqual(key))
            {
                return value.Trim().Trim('"');
            }
        }

        return default;
    }

    /// <summary>The value of an entry in a dictionary, such as <c>a=1, b=2</c>; empty when there is none.</summary>
    public static ReadOnlySpan<char> Entry(ReadOnlySpan<char> members, string key, int maxMembers)
    {
        for (int i = 0; i < maxMembers && !members.IsEmpty; i++)
        {
            ReadOnlySpan<char> member = Take(ref members, ',');
            ReadOnlySpan<char> value = Item(member);
            if (Take(ref value, '=').SequenceEqual(key))
            {
                return value.Trim();
            }
        }

        return default;
    }
}
