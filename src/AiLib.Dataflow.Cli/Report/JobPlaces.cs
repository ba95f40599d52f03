using System.Text;

namespace AiLib.Dataflow.Cli.Report;

/// <summary>Where the files of a job are.</summary>
/// <param name="Results">The results.</param>
/// <param name="Errors">The errors; null when nothing tells where they are.</param>
internal sealed record JobPlaces(string Results, string? Errors)
{
    // What each line of ours begins with.
    private const string Opening = "{\"id\":\"batch_req_";

    private static readonly string[] InputEndings = [".gz", ".zst", ".jsonl"];

    /// <summary>Finds them from what a user has at hand: the results, or the input, or the Parquet file that was made of them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="errors">The errors, where the user names them.</param>
    /// <exception cref="ConfigurationException">There are no results.</exception>
    public static JobPlaces Find(string path, string? errors)
    {
        if (errors is not null && !File.Exists(errors))
        {
            throw new ConfigurationException([$"The errors file '{errors}' is not there."]);
        }

        foreach (string results in Candidates(path))
        {
            if (File.Exists(results) && IsResults(results))
            {
                return new JobPlaces(results, errors ?? ErrorsBeside(results));
            }
        }

        throw new ConfigurationException(
            [$"There are no results of '{path}': looked for {string.Join(" and ", Candidates(path).Select(candidate => $"'{candidate}'"))}. Name the results file that 'ailib run' wrote (--output)."]);
    }

    private static IEnumerable<string> Candidates(string path)
    {
        if (path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase))
        {
            yield return Path.ChangeExtension(path, ".jsonl");
        }
        else
        {
            yield return path;
        }

        string stem = path;
        foreach (string ending in InputEndings)
        {
            stem = stem.EndsWith(ending, StringComparison.OrdinalIgnoreCase) ? stem[..^ending.Length] : stem;
        }

        yield return stem + ".results.jsonl";
    }

    private static string? ErrorsBeside(string results)
    {
        const string Usual = ".results.jsonl";
        string[] places = results.EndsWith(Usual, StringComparison.Ordinal)
            ? [results[..^Usual.Length] + ".errors.jsonl"]
            : [Path.ChangeExtension(results, ".errors.jsonl")];
        return places.FirstOrDefault(File.Exists);
    }

    private static bool IsResults(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] beginning = new byte[Opening.Length];
            int length = file.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false);

            // An empty one is that of a job of which nothing was answered, or an input without requests; the name tells.
            return length == 0 ? path.EndsWith(".results.jsonl", StringComparison.Ordinal) : Encoding.UTF8.GetString(beginning, 0, length) == Opening;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([$"'{path}' cannot be read: {unreadable.Message}"]);
        }
    }
}
