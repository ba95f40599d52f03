using System.Globalization;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>The names of files beside the input and the output. They follow from the paths that the user gave, never from data.</summary>
internal static class SideFiles
{
    private const string Extension = ".jsonl";

    private static readonly string[] Compressions = [".gz", ".zst"];

    /// <summary>Such as <c>requests.results.jsonl</c> for <c>requests.jsonl</c>, and for <c>requests.jsonl.gz</c>, which holds the same requests.</summary>
    public static string Beside(string input, string kind)
    {
        foreach (string compression in Compressions)
        {
            if (input.EndsWith(Extension + compression, StringComparison.OrdinalIgnoreCase))
            {
                input = input[..^compression.Length];
            }
        }

        string stem = input.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) ? input[..^Extension.Length] : input;
        return $"{stem}.{kind}{Extension}";
    }

    /// <summary>Where the errors are kept that are being tried again.</summary>
    public static string Retrying(string errors) => errors + ".retrying";

    /// <summary>What says whose the results are.</summary>
    public static string Job(string results) => results + ".job";

    /// <summary>The first of <c>name.1</c>, <c>name.2</c> … that is not there.</summary>
    public static string FreeName(string path, IFileSystem files)
    {
        int number = 1;
        while (files.Exists(Numbered(path, number)))
        {
            number++;
        }

        return Numbered(path, number);
    }

    private static string Numbered(string path, int number) => string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");
}
