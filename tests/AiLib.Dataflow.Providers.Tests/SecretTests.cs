using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace AiLib.Dataflow.Providers.Tests;

public sealed class SecretTests
{
    private const string Canary = "sk-canary-7f3k9Q2xLm8Zt";

    public static TheoryData<string> Unusable { get; } =
    [
        "sk-abc\r\nX-Evil: 1", "sk-abc\r", "sk-abc\n", "\nsk-abc", "sk-\0abc", "sk-abc\u0085", "sk-äbc", "sk-abc\u200B", "sk-abc def", " sk-abc", "sk-abc ", "sk-abc\t",
        "sk-abc\u007F", "\uFEFFsk-abc", "“sk-abc”", "sk-\u0100abc", "sk-\uD800abc", "",
    ];

    [Theory]
    [MemberData(nameof(Unusable))]
    public void A_key_that_must_not_enter_a_header_is_refused_by_the_name_of_its_variable(string value)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Secret.FromEnvironment("MY_KEY", _ => value));

        Assert.Contains("MY_KEY", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Unusable))]
    public void A_key_given_directly_is_checked_as_well(string value)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new Secret(value));

        Assert.DoesNotContain("sk-", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_is_too_long_is_a_mistake() => Assert.Throws<ArgumentException>(() => new Secret(new string('a', 16 * 1024 + 1)));

    [Fact]
    public void It_does_not_show_in_print_in_an_interpolation_or_in_a_record()
    {
        var secret = new Secret(Canary);

        Assert.Equal("***", secret.ToString());
        Assert.Equal("key: ***", $"key: {secret}");
        Assert.DoesNotContain(Canary, (Endpoints.Options with { Key = secret }).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void It_does_not_show_when_it_is_serialised()
    {
        string json = JsonSerializer.Serialize(new { Key = new Secret(Canary), Options = Endpoints.Options with { Key = new Secret(Canary) } });

        Assert.DoesNotContain("canary", json, StringComparison.Ordinal);
    }

    [Fact]
    public void It_does_not_show_in_a_debugger()
    {
        Assert.Equal("***", typeof(Secret).GetCustomAttribute<DebuggerDisplayAttribute>()!.Value);
        Assert.All(
            typeof(Secret).GetFields(BindingFlags.Instance | BindingFlags.NonPublic),
            field => Assert.Equal(DebuggerBrowsableState.Never, field.GetCustomAttribute<DebuggerBrowsableAttribute>()!.State));
    }

    [Fact]
    public void Two_secrets_with_one_value_are_not_equal()
    {
        var one = new Secret(Canary);
        var other = new Secret(Canary);

        Assert.False(one.Equals(other));
        Assert.NotEqual(one.GetHashCode(), other.GetHashCode());
    }

    [Fact]
    public void It_has_no_public_member_that_gives_the_value_away()
    {
        Assert.Empty(typeof(Secret).GetProperties(BindingFlags.Instance | BindingFlags.Public));
        Assert.Empty(typeof(Secret).GetFields(BindingFlags.Instance | BindingFlags.Public));
    }

    [Fact]
    public void A_variable_that_is_not_set_is_named()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Secret.FromEnvironment("MY_KEY", _ => null));

        Assert.Contains("MY_KEY", error.Message, StringComparison.Ordinal);
        Assert.False(Secret.TryFromEnvironment("MY_KEY", out _, _ => null));
    }

    [Fact]
    public void A_variable_is_read()
    {
        Assert.True(Secret.TryFromEnvironment("MY_KEY", out Secret? secret, name => name == "MY_KEY" ? Canary : null));

        Assert.Equal(Canary, secret.Reveal());
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("")]
    public void A_file_may_end_in_one_line_end(string end)
    {
        using var file = new KeyFile(Canary + end, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Assert.Equal(Canary, Secret.FromFile(file.Path, _ => Assert.Fail("No warning was due.")).Reveal());
    }

    [Fact]
    public void A_file_that_others_may_read_is_warned_about()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Rights are inherited there.");
        using var file = new KeyFile(Canary, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        List<string> warnings = [];

        Secret.FromFile(file.Path, warnings.Add);

        Assert.Contains("chmod 600", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_holds_no_key_is_named_and_not_quoted()
    {
        using var file = new KeyFile("first line\nsecond line\n", UnixFileMode.UserRead | UnixFileMode.UserWrite);

        ArgumentException error = Assert.Throws<ArgumentException>(() => Secret.FromFile(file.Path));

        Assert.Contains(file.Path, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("second", error.Message, StringComparison.Ordinal);
    }

    private sealed class KeyFile : IDisposable
    {
        public KeyFile(string content, UnixFileMode mode)
        {
            Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"ailib-key-{Guid.NewGuid():N}");
            File.WriteAllText(Path, content);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(Path, mode);
            }
        }

        public string Path { get; }

        public void Dispose() => File.Delete(Path);
    }
}
