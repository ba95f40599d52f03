namespace AiLib.Dataflow.Providers.Tests;

public sealed class ProviderPathsTests
{
    public static TheoryData<string> Hostile { get; } =
    [
        "", " ", "/", "//", "/v1", "/v1/", "v1/chat/completions", "/v1/chat/completions/", "//v1/chat/completions", "/v1//chat/completions",
        "https://evil.example/v1/chat/completions", "HTTPS://evil.example/v1/chat/completions", "http://evil.example", "//evil.example/v1/chat/completions",
        "///evil.example/v1/chat/completions", "\\\\evil.example\\v1\\chat\\completions", "/\\evil.example/v1/chat/completions", "\\/evil.example", "https:evil.example",
        "https:/evil.example", "https:///evil.example", "javascript:alert(1)", "file:///etc/passwd", "gopher://evil.example", "ftp://evil.example/v1/embeddings",
        "data:application/json,{}", "@evil.example/v1/chat/completions", "/@evil.example/v1/chat/completions", "/v1/chat/completions@evil.example", ".evil.example/v1",
        ":80@evil.example/v1/chat/completions", ":8080/v1/chat/completions", "/v1/../admin", "/v1/chat/../../admin", "/../v1/chat/completions", "/v1/./chat/completions",
        "/v1/chat/completions/..", "/v1/%2e%2e/admin", "/v1/%2E%2E/admin", "/v1/%252e%252e/admin", "/v1/chat%2fcompletions", "/v1%2fchat%2fcompletions", "/%76%31/chat/completions",
        "/v1/chat%2Fcompletions", "/v1/chat%5ccompletions", "/v1\\chat\\completions", "/v1/chat/completions?key=1", "/v1/chat/completions?", "/v1/chat/completions#x",
        "/v1/chat/completions;x=1", "/v1/chat/completions ", " /v1/chat/completions", "/v1/chat/completions\t", "/v1/chat/completions\n", "/v1/chat/completions\r\nX-Evil: 1",
        "/v1/chat/completions\0", "/V1/CHAT/COMPLETIONS", "/v1/Chat/completions", "/v1/chat/completion\u017F", "/v1/c\u0068at/completions\u200B", "\uFF0Fv1\uFF0Fchat\uFF0Fcompletions",
        "/v1/chat\u2044completions", "/v1/chat/completions\u0000.evil.example", "/v1/files", "/v1/batches", "/v1/models", "/v1/fine_tuning/jobs", "/v1/messages/batches",
        "http://169.254.169.254/latest/meta-data", "http://[::1]/v1/chat/completions", "http://127.0.0.1:22/", "http://2130706433/", "http://0x7f.1/", "https://api.example.com/v1/chat/completions",
        "https://api.example.com@evil.example/v1/chat/completions", "https://api.example.com.evil.example/v1/chat/completions", "/v1/chat/completions/../../../evil", "..", "%2e%2e%2f",
    ];

    [Fact]
    public void There_are_enough_hostile_paths_to_mean_something() => Assert.True(Hostile.Count >= 60, $"{Hostile.Count} paths");

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_path_is_refused_before_the_wire(string path)
    {
        var handler = new ScriptedHandler(_ => ScriptedHandler.Answer(200, Endpoints.Answer));

        Outcome<ProviderResponse> outcome = await Endpoints.CallAsync(handler, request: Endpoints.Request(path: path));

        Assert.Empty(handler.Sent);
        Assert.Equal(OutcomeKind.Rejected, outcome.Kind);
        Assert.Equal(ProviderErrorCode.InvalidRequest, outcome.Error().Code);
        Assert.False(ProviderPaths.IsAllowed(path));
    }

    [Fact]
    public async Task An_allowed_path_goes_to_the_root_with_the_part_after_its_version()
    {
        foreach (string path in ProviderPaths.All)
        {
            var handler = new ScriptedHandler(_ => ScriptedHandler.Answer(200, Endpoints.Answer));
            ProviderEndpointOptions options = Endpoints.Options with { BaseAddress = new Uri("https://gateway.example/llm/v7/") };

            await Endpoints.CallAsync(handler, options, Endpoints.Request(path: path));

            Assert.True(ProviderPaths.IsAllowed(path));
            Assert.Equal("https://gateway.example/llm/v7" + path[3..], Assert.Single(handler.Sent).Address.AbsoluteUri);
        }
    }

    [Fact]
    public void Six_paths_are_allowed() => Assert.Equal(6, ProviderPaths.All.Count);
}
