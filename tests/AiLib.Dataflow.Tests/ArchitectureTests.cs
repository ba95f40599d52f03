using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace AiLib.Dataflow.Tests;

/// <summary>The rules of docs/architecture.md that a machine can see, read from the sources.</summary>
public sealed partial class ArchitectureTests
{
    // What each project may refer to, directly; whoever is not here may refer to nothing of ours.
    private static readonly Dictionary<string, string[]> AllowedReferences = new(StringComparer.Ordinal)
    {
        ["AiLib.Dataflow"] = [],
        ["AiLib.Dataflow.Simulator"] = [],
        ["AiLib.Dataflow.Providers"] = ["AiLib.Dataflow"],
        ["AiLib.Dataflow.Tokenizers"] = ["AiLib.Dataflow.Providers"],
        ["AiLib.Dataflow.AI"] = ["AiLib.Dataflow.Providers", "AiLib.Dataflow"],
        ["AiLib.Dataflow.Batch"] = ["AiLib.Dataflow.Providers", "AiLib.Dataflow"],
        ["AiLib.Dataflow.Hosting"] = ["AiLib.Dataflow.Providers", "AiLib.Dataflow"],
        ["AiLib.Dataflow.Cli"] =
            ["AiLib.Dataflow.AI", "AiLib.Dataflow.Batch", "AiLib.Dataflow.Hosting", "AiLib.Dataflow.Simulator", "AiLib.Dataflow.Tokenizers", "AiLib.Dataflow.Providers", "AiLib.Dataflow"],
    };

    private static readonly string[] Stages = ["Admission", "Capacity", "Dispatch", "Recovery", "Settlement"];

    // Files at the root of the engine that may name more than Threading, with the reason.
    private static readonly Dictionary<string, (string[] May, string Reason)> RootExceptions = new(StringComparer.Ordinal)
    {
        ["ResilienceOptions.cs"] = (["Capacity", "Recovery"], "The four settings of a target live with their stages."),
        ["TargetLimits.cs"] = (["Capacity"], "The settings of a limit live with the limit."),
        ["TargetOptions.cs"] = (["Capacity"], "The settings of a limit live with the limit."),
        ["PipelineEvents.cs"] = (["Capacity"], "A circuit's change of state is what the breaker says it is."),
        ["Attempt.cs"] = (["Dispatch"], "An attempt is made by a dispatcher."),
        ["Ticket.cs"] = (["Capacity", "Dispatch"], "A ticket holds its attempt's permit, credits and way through the circuit, and begins what a dispatcher makes."),
        ["RequestPipelineBuilder.cs"] = (["Dispatch"], "Makes an endpoint out of a function; it belongs to the pipeline."),
        ["ResilientExecutor.cs"] = (["Settlement", "Signals"], "A face of the pipeline."),
        ["FallbackChain.cs"] = (["Settlement", "Signals"], "A face of the pipeline."),
    };

    public static TheoryData<string> Projects =>
        [.. Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "*.csproj", SearchOption.AllDirectories).Select(SourceTree.Short)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Projects_refer_only_downwards(string project)
    {
        string name = Path.GetFileNameWithoutExtension(project);
        string[] references = [.. XDocument.Load(Path.Combine(SourceTree.Root, project)).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))];

        Assert.True(AllowedReferences.TryGetValue(name, out string[]? allowed), $"{name} has no place in the layers yet.");
        Assert.Empty(references.Except(allowed, StringComparer.Ordinal));
    }

    [Fact]
    public void The_simulator_uses_none_of_our_names() =>
        AssertNone(SourceTree.Sources(Path.Combine(SourceTree.Root, "src", "AiLib.Dataflow.Simulator")), OurNames());

    [Fact]
    public void Threading_has_never_heard_of_a_request() =>
        AssertUsesOnly("Threading", []);

    [Fact]
    public void Signals_know_the_words_threading_and_the_circuits_states() =>
        // The state of a circuit is a word of the breaker's that observers are shown.
        AssertUsesOnly("Signals", ["Threading", "Capacity"]);

    [Theory]
    [InlineData("Admission")]
    [InlineData("Capacity")]
    [InlineData("Dispatch")]
    [InlineData("Recovery")]
    [InlineData("Settlement")]
    public void Stages_never_use_each_other(string stage) => AssertUsesOnly(stage, ["Threading", "Signals", stage]);

    [Fact]
    public void Words_at_the_root_use_threading_only_but_for_listed_exceptions()
    {
        foreach (string file in Directory.EnumerateFiles(SourceTree.Engine, "*.cs"))
        {
            string name = Path.GetFileName(file);
            if (name == "RequestPipeline.cs" || name.StartsWith("RequestPipeline.", StringComparison.Ordinal))
            {
                continue;
            }

            string[] may = ["Threading", .. RootExceptions.TryGetValue(name, out (string[] May, string Reason) exception) ? exception.May : []];
            Assert.True(!Used(file).Except(may, StringComparer.Ordinal).Any(), $"{name} uses {string.Join(", ", Used(file).Except(may, StringComparer.Ordinal))}.");
        }
    }

    [Fact]
    public void No_exception_is_listed_that_is_not_needed()
    {
        foreach ((string name, (string[] may, string reason)) in RootExceptions)
        {
            string file = Path.Combine(SourceTree.Engine, name);
            Assert.True(File.Exists(file), name);
            Assert.NotEmpty(reason);
            Assert.True(Used(file).Intersect(may, StringComparer.Ordinal).Any(), $"{name} needs no exception.");
        }
    }

    [Fact]
    public void Nobody_but_the_pipeline_and_its_faces_knows_the_pipeline() =>
        AssertNone(
            Stages.Append("Threading").Append("Signals").SelectMany(folder => SourceTree.Sources(Path.Combine(SourceTree.Engine, folder))),
            PipelineName());

    [Fact]
    public void The_first_file_stays_short_and_no_file_needs_scrolling_for_ever()
    {
        Assert.InRange(File.ReadAllLines(Path.Combine(SourceTree.Engine, "RequestPipeline.cs")).Length, 1, 300);
        Assert.All(SourceTree.Sources(SourceTree.Engine), file => Assert.True(File.ReadAllLines(file).Length <= 400, SourceTree.Short(file)));
    }

    [Fact]
    public void Every_await_takes_the_one_constant() =>
        AssertNone(SourceTree.Sources(Path.Combine(SourceTree.Root, "src")), LiteralConfigureAwait());

    [Fact]
    public void No_method_is_async_void() =>
        AssertNone(SourceTree.Sources(Path.Combine(SourceTree.Root, "src")), AsyncVoid());

    [Fact]
    public void No_channel_call_takes_a_token_and_only_one_file_waits_for_a_channel() =>
        AssertNone(
            SourceTree.Sources(SourceTree.Engine).Where(file => Path.GetFileName(file) != "ChannelCalls.cs"),
            ChannelWait());

    [Fact]
    public void Folders_are_namespaces()
    {
        foreach (string file in SourceTree.Sources(SourceTree.Engine))
        {
            string folder = Path.GetRelativePath(SourceTree.Engine, Path.GetDirectoryName(file)!);
            string expected = folder == "." ? "namespace AiLib.Dataflow;" : $"namespace AiLib.Dataflow.{folder.Replace(Path.DirectorySeparatorChar, '.')};";
            Assert.True(File.ReadAllText(file).Contains(expected, StringComparison.Ordinal), SourceTree.Short(file));
        }
    }

    [Fact]
    public void Every_public_enum_that_is_printed_by_a_table_has_every_member_in_it()
    {
        Assembly engine = typeof(OutcomeKinds).Assembly;
        MethodInfo[] tables = [.. engine.GetExportedTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .Where(method => method.Name == "ToText" && method.GetParameters() is [{ ParameterType.IsEnum: true }])];
        Assert.Equal(3, tables.Length);

        foreach (MethodInfo table in tables)
        {
            object[] members = [.. Enum.GetValues(table.GetParameters()[0].ParameterType).Cast<object>()];
            string[] texts = [.. members.Select(member => (string)table.Invoke(null, [member])!)];
            Assert.All(texts, text => Assert.Matches("^[a-z]+(_[a-z]+)*$", text));
            Assert.Equal(members.Length, texts.Distinct(StringComparer.Ordinal).Count());
        }
    }

    private static void AssertUsesOnly(string folder, string[] allowed)
    {
        string[] files = [.. SourceTree.Sources(Path.Combine(SourceTree.Engine, folder))];
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            string[] foreign = [.. Used(file).Except(allowed, StringComparer.Ordinal).Where(used => used != folder)];
            Assert.True(foreign.Length == 0, $"{SourceTree.Short(file)} uses {string.Join(", ", foreign)}.");
        }
    }

    // The folders of the engine that a file names, in a using or in full.
    private static string[] Used(string file) =>
        [.. EngineFolder().Matches(WithoutNamespace(SourceTree.CodeOf(file)))
            .Select(match => match.Groups["folder"].Value)
            .Where(folder => folder == "Threading" || folder == "Signals" || Stages.Contains(folder, StringComparer.Ordinal))
            .Distinct(StringComparer.Ordinal)];

    private static string WithoutNamespace(string code) => OwnNamespace().Replace(code, "");

    private static void AssertNone(IEnumerable<string> files, Regex pattern)
    {
        string[] found = [.. files.Where(file => pattern.IsMatch(SourceTree.CodeOf(file))).Select(SourceTree.Short)];
        Assert.True(found.Length == 0, $"{pattern}: {string.Join(", ", found)}");
    }

    // AiLib.Dataflow.Capacity in full, or Recovery.SettleReason from inside the engine's namespace; System.Threading is another.
    [GeneratedRegex(@"(AiLib\.Dataflow\.|(?<![\w.])(?=(Admission|Capacity|Dispatch|Recovery|Settlement|Signals)\.[A-Z]))(?<folder>\w+)", RegexOptions.ExplicitCapture)]
    private static partial Regex EngineFolder();

    [GeneratedRegex(@"^namespace [^\n]*$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex OwnNamespace();

    [GeneratedRegex(@"AiLib\.Dataflow(?!\.Simulator)(\.\w+)?\s*[;.]", RegexOptions.ExplicitCapture)]
    private static partial Regex OurNames();

    [GeneratedRegex(@"\bRequestPipeline<", RegexOptions.ExplicitCapture)]
    private static partial Regex PipelineName();

    [GeneratedRegex(@"ConfigureAwait\(\s*(continueOnCapturedContext:\s*)?(false|true)\s*\)", RegexOptions.ExplicitCapture)]
    private static partial Regex LiteralConfigureAwait();

    [GeneratedRegex(@"\basync\s+void\b", RegexOptions.ExplicitCapture)]
    private static partial Regex AsyncVoid();

    [GeneratedRegex(@"\.(WaitToReadAsync|WaitToWriteAsync|ReadAllAsync)\(|(Reader|Writer)\.(ReadAsync|WriteAsync)\(", RegexOptions.ExplicitCapture)]
    private static partial Regex ChannelWait();
}
