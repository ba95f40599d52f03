using System.Diagnostics;
using AiLib.Dataflow.Cli.Config;

namespace AiLib.Dataflow.EndToEnd.Tests.Config;

/// <summary>A configuration file is read only from where nobody else can have put it.</summary>
public sealed class ConfigPlaceTests : IDisposable
{
    private const UnixFileMode ForOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode ForAll = ForOwner | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly Workspace _workspace = new();

    private string Path => _workspace["ailib.json"];

    public ConfigPlaceTests() => File.WriteAllText(Path, "{}");

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void One_of_ones_own_is_read() => Assert.Equal("{}"u8.ToArray(), Read());

    [Fact]
    public void In_a_directory_where_every_user_may_replace_it_it_is_refused_unless_that_is_meant()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are of Unix.");
        SetMode(_workspace.Path, ForAll);

        Assert.Contains("--allow-shared-directory", Refusal(), StringComparison.Ordinal);
        Assert.Contains("--allow-shared-directory", Refusal(isNamed: true), StringComparison.Ordinal);
        Assert.NotEmpty(Read(allowsSharedDirectory: true));

        // As /tmp is: everybody may make files, and nobody replace those of others.
        SetMode(_workspace.Path, ForAll | UnixFileMode.StickyBit);
        Assert.NotEmpty(Read());
    }

    [Fact]
    public void One_that_every_user_may_write_is_refused_unless_that_is_meant()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are of Unix.");
        SetMode(Path, ForAll);

        Assert.Contains("may be written by every user of this machine", Refusal(), StringComparison.Ordinal);
        Assert.NotEmpty(Read(allowsSharedDirectory: true));
    }

    [Fact]
    public void One_of_another_user_is_refused_unless_that_is_meant()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "Only root can give a file away.");
        using Process given = Process.Start("chown", ["12345", Path]);
        Assert.True(given.WaitForExit(TimeSpan.FromSeconds(60)));

        Assert.Contains("belongs to another user (number 12345", Refusal(), StringComparison.Ordinal);
        Assert.NotEmpty(Read(allowsSharedDirectory: true));
    }

    [Fact]
    public void A_link_is_followed_only_when_somebody_named_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        string link = _workspace["link.json"];
        File.CreateSymbolicLink(link, Path);

        Assert.Contains("is not an ordinary file", Refusal(link), StringComparison.Ordinal);
        Assert.NotEmpty(ConfigPlace.Read(link, "--config ", isNamed: true, allowsSharedDirectory: false));
    }

    [Fact]
    public void What_is_no_configuration_by_its_size_or_kind_is_refused()
    {
        File.WriteAllBytes(Path, new byte[1024 * 1024 + 1]);

        Assert.Contains("has more than 1 MiB", Refusal(), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Refusal(_workspace.Path, isNamed: true), StringComparison.Ordinal);
        Assert.StartsWith("--config ", Refusal(_workspace["missing"], isNamed: true), StringComparison.Ordinal);
    }

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    private byte[] Read(bool allowsSharedDirectory = false) => ConfigPlace.Read(Path, "", isNamed: false, allowsSharedDirectory);

    private string Refusal(string? path = null, bool isNamed = false) => Assert.Throws<ConfigurationException>(
        () => ConfigPlace.Read(path ?? Path, isNamed ? "--config " : "", isNamed, allowsSharedDirectory: false)).Message;
}
