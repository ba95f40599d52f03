using System.Text.Json;
using AiLib.Dataflow.Cli.Targets;

namespace AiLib.Dataflow.EndToEnd.Tests.Config;

/// <summary>What <c>ailib targets</c> shows: each setting with its source, no key, and nothing that a terminal would obey.</summary>
public sealed class TargetListingTests
{
    private const string Key = "canary-key-4711-secret";

    private const string File = """
        { "targets": [
          { "name": "fast", "provider": "openai", "model": "gpt-4o-mini",
            "api_key_env": ["ONE", "TWO"],
            "limits": { "rpm": 500, "pool_rpm": 900 },
            "prices": { "input": 0.15, "output": 0.60 } },
          { "name": "ours", "provider": "vllm", "base_url": "http://127.0.0.1:1/v1" } ],
          "defaults": { "tpm": 7 } }
        """;

    [Fact]
    public void Each_setting_is_shown_with_who_says_so()
    {
        string[] lines = [.. Listing(new PlannedTargets(File, ["--max-inflight", "3"], isNamed: true, ("ONE", Key), ("AI_LIB_RPS", "2.5"))).ToLines()];

        string[] expected =
        [
            "Configuration: f.json",
            "",
            "1. fast",
            "   provider      openai                                    f.json:2",
            "   base_url      https://api.openai.com/v1                 built in",
            "   model         gpt-4o-mini                               f.json:2",
            "   key           set (from ONE), missing (TWO is not set)  f.json:3",
            "   rps           2.5                                       AI_LIB_RPS",
            "   rpm           500                                       f.json:4",
            "   tpm           7                                         f.json:7",
            "   max_inflight  3                                         --max-inflight",
            "   pool_rpm      900                                       f.json:4",
            "   price         0.15/0.60                                 f.json:5",
            "",
            "2. ours",
            "   provider      vllm                                   f.json:6",
            "   base_url      http://127.0.0.1:1/v1                  f.json:6",
            "   model         of each request                        built in",
            "   key           none needed (VLLM_API_KEY is not set)  built in",
            "   rps           2.5                                    AI_LIB_RPS",
            "   tpm           7                                      f.json:7",
            "   max_inflight  3                                      --max-inflight",
            "   price         none                                   built in",
            "",
            "Fallback order: fast, ours (f.json:1)",
        ];
        Assert.Equal(expected, lines);
    }

    [Fact]
    public void Json_says_the_same_with_numbers_as_numbers()
    {
        PlannedTargets planned = new(File, [], isNamed: true, ("ONE", Key), ("TWO", Key));
        using JsonDocument json = JsonDocument.Parse(Listing(planned).ToJson(["a problem"]));

        JsonElement first = json.RootElement.GetProperty("targets")[0];
        Assert.Equal("f.json", json.RootElement.GetProperty("config").GetString());
        Assert.Equal("fast", first.GetProperty("name").GetString());
        Assert.Equal((500, "f.json:4"), (first.GetProperty("rpm").GetProperty("value").GetInt32(), first.GetProperty("rpm").GetProperty("source").GetString()));
        Assert.Equal("set (from ONE), set (from TWO)", first.GetProperty("key").GetProperty("value").GetString());
        Assert.Equal(["fast", "ours"], json.RootElement.GetProperty("fallback").GetProperty("value").EnumerateArray().Select(name => name.GetString()!).ToArray());
        Assert.Equal("a problem", json.RootElement.GetProperty("problems")[0].GetString());
    }

    [Fact]
    public void No_key_and_no_part_of_one_is_shown_wherever_it_was_put()
    {
        PlannedTargets planned = new(
            null,
            ["--target", "openai/gpt-4o", "--base-url", $"https://{Key}:{Key}@gateway.example/v1/sk-abcdefgh12345678?key={Key}#{Key}"],
            isNamed: true,
            ("OPENAI_API_KEY", Key));
        TargetListing listing = Listing(planned);

        string shown = string.Join('\n', listing.ToLines()) + listing.ToJson([]);

        Assert.Contains("set (from OPENAI_API_KEY)", shown, StringComparison.Ordinal);
        Assert.Contains("https://gateway.example/v1/***", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("4711", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_a_terminal_would_obey_is_written_out_and_a_value_is_one_line()
    {
        PlannedTargets planned = new(null, ["--target", "openai/m\u001b]0;x\u0007\n2. trusted\u202e", "--target", "groq"]);
        TargetListing listing = Listing(planned);

        string[] lines = [.. listing.ToLines()];

        Assert.All(lines, line => Assert.DoesNotContain(line, char.IsControl));
        Assert.DoesNotContain(lines, line => line.StartsWith("2. trusted", StringComparison.Ordinal));
        Assert.Contains("\\x1B]0;x\\x07\\x0A2. trusted\\u{202E}", string.Concat(lines), StringComparison.Ordinal);
        Assert.DoesNotContain(listing.ToJson([]), char.IsControl);
    }

    private static TargetListing Listing(PlannedTargets planned) => new(planned.Plans, planned.Layers, planned.Read);
}
