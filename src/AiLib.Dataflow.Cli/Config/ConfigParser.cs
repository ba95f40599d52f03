using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AiLib.Dataflow.Cli.Config;

/// <summary>Reads a configuration file: JSON with comments and trailing commas, each name once in its object.</summary>
internal static partial class ConfigParser
{
    // The deepest value is targets[0].limits.rpm.
    private const int MaxDepth = 16;

    /// <summary>Reads it.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="problems">Gets what is wrong with it.</param>
    /// <returns>The root; null when it cannot be read to its end.</returns>
    public static ConfigNode? Parse(ReadOnlySpan<byte> bytes, ConfigProblems problems)
    {
        if (bytes.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }

        Lines lines = new(bytes);
        Utf8JsonReader reader = new(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = MaxDepth });
        try
        {
            reader.Read();
            ConfigNode root = Value(ref reader, ref lines, "", problems);
            reader.Read();
            return root;
        }
        catch (JsonException damage)
        {
            problems.Add((int)(damage.LineNumber ?? 0) + 1, "", $"it is not JSON: {Place().Replace(damage.Message, "").TrimEnd('.', ' ')}; comments, and commas before a closing brace, are allowed");
            return null;
        }
        catch (InvalidOperationException)
        {
            problems.Add(lines.At(reader.TokenStartIndex), "", "it is not UTF-8; save it as UTF-8");
            return null;
        }
    }

    private static ConfigNode Value(ref Utf8JsonReader reader, ref Lines lines, string path, ConfigProblems problems)
    {
        int line = lines.At(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return new ConfigNode(ConfigKind.Object, line, path) { Members = Members(ref reader, ref lines, path, problems) };
            case JsonTokenType.StartArray:
                List<ConfigNode> items = [];
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(Value(ref reader, ref lines, FormattableString.Invariant($"{path}[{items.Count}]"), problems));
                }

                return new ConfigNode(ConfigKind.List, line, path) { Items = items };
            case JsonTokenType.String:
                return new ConfigNode(ConfigKind.Text, line, path) { Text = reader.GetString()! };
            case JsonTokenType.Number:
                return new ConfigNode(ConfigKind.Number, line, path) { Text = Encoding.ASCII.GetString(reader.ValueSpan) };
            default:
                return new ConfigNode(
                    reader.TokenType switch { JsonTokenType.True => ConfigKind.True, JsonTokenType.False => ConfigKind.False, _ => ConfigKind.Null }, line, path);
        }
    }

    private static Dictionary<string, ConfigNode> Members(ref Utf8JsonReader reader, ref Lines lines, string path, ConfigProblems problems)
    {
        Dictionary<string, ConfigNode> members = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int line = lines.At(reader.TokenStartIndex);
            string name = reader.GetString()!;
            string ownPath = path.Length == 0 ? name : $"{path}.{name}";
            reader.Read();
            ConfigNode value = Value(ref reader, ref lines, ownPath, problems) with { Line = line };
            if (!members.TryAdd(name, value))
            {
                problems.Add(line, ownPath, FormattableString.Invariant($"it stands in line {members[name].Line} already; remove one of the two"));
            }
        }

        return members;
    }

    // What the platform adds to its messages, and what the beginning of ours says already.
    [GeneratedRegex(@"\s*LineNumber: \d+ \| BytePositionInLine: \d+\.?", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Place();

    /// <summary>Counts lines; asked for places in their order.</summary>
    private ref struct Lines(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private int _counted;
        private int _line = 1;

        public int At(long place)
        {
            _line += _bytes[_counted..(int)place].Count((byte)'\n');
            _counted = (int)place;
            return _line;
        }
    }
}
