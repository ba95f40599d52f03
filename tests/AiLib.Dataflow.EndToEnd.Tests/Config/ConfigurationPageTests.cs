using System.CommandLine;
using System.Text;
using System.Text.RegularExpressions;
using AiLib.Dataflow.Cli;
using AiLib.Dataflow.Cli.Config;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.Cli.Settings;
using AiLib.Dataflow.Cli.Targets;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.EndToEnd.Tests.Config;

/// <summary>docs/configuration.md knows every setting, and its example is one.</summary>
public sealed partial class ConfigurationPageTests
{
    private readonly string _page = File.ReadAllText(Path.Combine(Root(), "docs", "configuration.md"));

    [Fact]
    public void Every_setting_is_on_the_page_with_its_key_its_option_and_its_variable() => Assert.All(Settable(), option =>
    {
        Assert.Contains($"`{SettingName.KeyOf(option)}`", _page, StringComparison.Ordinal);
        Assert.Contains($"`{option.Name}`", _page, StringComparison.Ordinal);
        Assert.Contains($"`{SettingName.VariableOf(option)}`", _page, StringComparison.Ordinal);
    });

    [Fact]
    public void Every_provider_is_on_the_page() =>
        Assert.All(TargetId.AllProviders.Split([", ", " and "], StringSplitOptions.None), provider => Assert.Contains($"`{provider}`", _page, StringComparison.Ordinal));

    [Fact]
    public void Its_example_is_a_configuration()
    {
        string example = Assert.Single(Example().Matches(_page)).Groups["text"].Value;

        ConfigFile file = ConfigFile.Parse(Encoding.UTF8.GetBytes(example), "ailib.json", isNamed: false, Settable());

        Assert.Equal(["fast", "ours"], file.Fallback!.Value);
        Assert.Equal(file.Targets.Select(target => target.Name).ToArray(), file.Fallback.Value);
        Assert.Equal(2, file.Defaults.Count);
    }

    private static IReadOnlyList<Option> Settable()
    {
        using TerminalWriter terminal = new();
        return CommandTree.Of(terminal).Subcommands.OfType<RunCommand>().Single().Settable;
    }

    private static string Root()
    {
        DirectoryInfo directory = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "AiLib.Dataflow.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The tests do not run in the repository.");
        }

        return directory.FullName;
    }

    [GeneratedRegex("```json\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Example();
}
