using System.Text.RegularExpressions;

namespace AiLib.Dataflow.Tests;

/// <summary>The repository as text: what the architecture tests read.</summary>
internal static partial class SourceTree
{
    /// <summary>The folder with the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder of the engine.</summary>
    public static string Engine { get; } = Path.Combine(Root, "src", "AiLib.Dataflow");

    /// <summary>All sources below a folder, without what the build makes.</summary>
    public static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));

    /// <summary>A source without its comments, because those may name anything.</summary>
    public static string CodeOf(string file) => Comment().Replace(File.ReadAllText(file), "");

    /// <summary>A file's path from the root of the repository.</summary>
    public static string Short(string file) => Path.GetRelativePath(Root, file).Replace('\\', '/');

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Comment();

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AiLib.Dataflow.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("No folder above the tests has AiLib.Dataflow.sln in it.");
    }
}
