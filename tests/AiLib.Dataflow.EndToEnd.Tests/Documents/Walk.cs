using System.Text.RegularExpressions;

namespace AiLib.Dataflow.EndToEnd.Tests.Documents;

/// <summary>The commands of a document, each with the lines that it promises.</summary>
/// <remarks>
/// A block of <c>sh</c> is run, with a word behind it only where it cannot be: <c>checkout</c> builds the tool, <c>provider</c> needs a key. A block of <c>text</c> behind it is what it prints,
/// in this order, with whatever else between the lines; <c>…</c> is any text. A picture of something that moves is <c>text example</c>.
/// </remarks>
internal sealed record Walk(IReadOnlyList<WalkStep> Steps)
{
    private const string Fence = "```";

    /// <summary>Reads a document.</summary>
    public static Walk Of(IEnumerable<string> lines)
    {
        List<WalkStep> steps = [];
        string? kind = null;
        List<string> block = [];
        string heading = "";
        foreach (string line in lines)
        {
            if (kind is null)
            {
                heading = line.StartsWith('#') ? line.TrimStart('#', ' ') : heading;
                kind = line.StartsWith(Fence, StringComparison.Ordinal) ? line[Fence.Length..] : null;
                block = [];
            }
            else if (line != Fence)
            {
                block.Add(line);
            }
            else
            {
                Take(steps, kind, heading, block);
                kind = null;
            }
        }

        return new Walk(steps);
    }

    private static void Take(List<WalkStep> steps, string kind, string heading, List<string> block)
    {
        switch (kind)
        {
            case "sh":
                steps.Add(new WalkStep(heading, string.Join('\n', block), []));
                break;
            case "text":
                steps[^1] = steps[^1] with { Promises = block };
                break;
            default:
                Assert.Contains(kind, (string[])["sh checkout", "sh provider", "text example", "json"], StringComparer.Ordinal);
                break;
        }
    }
}

/// <summary>A block of commands.</summary>
/// <param name="Heading">Under which it stands.</param>
/// <param name="Commands">What is run.</param>
/// <param name="Promises">The lines that it prints.</param>
internal sealed record WalkStep(string Heading, string Commands, IReadOnlyList<string> Promises)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The first line that was promised and is not there, after those before it; null when all are.</summary>
    public string? Missing(IEnumerable<string> printed)
    {
        Queue<string> rest = new(printed);
        foreach (string promise in Promises)
        {
            string pattern = $"^{Regex.Escape(promise).Replace("…", ".*", StringComparison.Ordinal)}$";
            while (rest.Count > 0 && !Regex.IsMatch(rest.Peek(), pattern, RegexOptions.None, Patience))
            {
                rest.Dequeue();
            }

            if (!rest.TryDequeue(out _))
            {
                return promise;
            }
        }

        return null;
    }
}
