using System.Text;
using AiLib.Dataflow.Cli;
using AiLib.Dataflow.Cli.Config;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.Cli.Targets;
using AiLib.Dataflow.Cli.Terminal;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.EndToEnd.Tests.Config;

/// <summary>A configuration file is read strictly, and what is wrong with it is named with line, path, value and what is allowed.</summary>
public sealed class ConfigFileTests
{
    [Fact]
    public void All_that_it_says_is_read()
    {
        ConfigFile file = Parse("""
            // who answers
            { "targets": [ /* in this order */
              { "name": "openai/gpt-4o-mini", "api_key_env": ["A", "B_2"],
                "limits": { "rps": 1.5, "rpm": 500, "tpm": 200000, "max_inflight": "auto", "pool_rpm": 7, "pool_tpm": 8 },
                "prices": { "input": 0.15, "cached_input": 0.075, "output": 0.60 } },
              { "name": "ours", "provider": "vllm", "model": "llama", "base_url": "http://127.0.0.1:1/v1", "api_key_env": "C",
                "allow_private_network": true, "allow_insecure_http": false, "limits": { "max_inflight": 3, } }, ],
              "fallback": ["ours"],
              "defaults": { "max_retries": 3, "attempt_timeout": "30s", "ordered": true, "price": "1/2",
                "max_inflight": 7, "system": "A basic introduction:\nbe brief" } }
            """);

        ConfigTarget first = file.Targets[0], second = file.Targets[1];
        Assert.Equal(("openai/gpt-4o-mini", 3, "ours", 6), (first.Name, first.Line, second.Name, second.Line));
        Assert.Equal(["A", "B_2"], first.KeyVariables!.Value);
        Assert.Equal(
            [("rps", 1.5), ("rpm", 500), ("tpm", 200_000), ("max_inflight", LimitTable.Auto), ("pool_rpm", 7), ("pool_tpm", 8)],
            first.Limits.Select(limit => (limit.Key.Key, limit.Value.Value)));
        Assert.Equal(new TokenPrices(0.15m, 0.60m, 0.075m), first.Prices!.Value);
        Assert.Equal(("vllm", "llama", new Uri("http://127.0.0.1:1/v1")), (second.Provider!.Value, second.Model!.Value, second.BaseUrl!.Value));
        Assert.Equal((true, false, 3, 7), (second.AllowPrivateNetwork!.Value, second.AllowInsecureHttp!.Value, second.Limits[LimitTable.MaxInflight].Value, second.Limits[LimitTable.MaxInflight].Line));
        Assert.Null(second.Prices);
        Assert.Equal(["ours"], file.Fallback!.Value);
        Assert.Equal(
            ["--attempt-timeout=30s", "--max-inflight=7", "--max-retries=3", "--ordered=true", "--price=1/2", "--system=A basic introduction:\nbe brief"],
            file.Defaults.Select(setting => $"{setting.Key}={setting.Value.Value}").Order(StringComparer.Ordinal).ToArray());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "targets": [], "defaults": {} }""")]
    public void It_may_say_nothing(string text) => Assert.Empty(Parse(text).Targets);

    [Fact]
    public void A_byte_order_mark_and_windows_line_ends_are_fine() =>
        Assert.Equal(2, Parse("\uFEFF{ \"targets\": [\r\n{ \"name\": \"groq\" } ] }").Targets[0].Line);

    public static TheoryData<string, string> Mistakes => new()
    {
        { "", "f.json:1: it is not JSON" },
        { "{\n\"targets\": [\n}", "f.json:3: it is not JSON" },
        { "{} {}", "it is not JSON" },
        { "[]", "f.json:1: the file is a list: it must be an object in braces" },
        { "{\n\"target\": [] }", "f.json:2: target: there is no such setting; there are targets, fallback, defaults" },
        { "{ \"targets\": [],\n \"targets\": [] }", "f.json:2: targets: it stands in line 1 already; remove one of the two" },
        { """{ "targets": { "name": "a" } }""", "targets is an object: it must be a list in brackets" },
        { """{ "targets": [ "openai" ] }""", "targets[0] is \"openai\": it must be an object in braces" },
        { """{ "targets": [ {} ] }""", "targets[0]: it has no \"name\"" },
        { """{ "targets": [ { "name": 5 } ] }""", "targets[0].name is 5: it must be a text in quotes" },
        { """{ "targets": [ { "name": "" } ] }""", "targets[0].name is \"\": it must be a text in quotes, and not an empty one" },
        { """{ "targets": [ { "name": null } ] }""", "targets[0].name is null: it must be a text" },
        { """{ "targets": [ { "name": "a,b", "provider": "groq" } ] }""", "targets[0].name is \"a,b\": it must not have a comma" },
        { """{ "targets": [ { "name": "groq/\u001b[2J" } ] }""", "it must not have control characters" },
        { """{ "targets": [ { "name": "openai/g\u202e" } ] }""", "it must not have control characters or characters that cannot be seen" },
        { "{ \"targets\": [ { \"name\": \"groq\" },\n { \"name\": \"groq\" } ] }", "f.json:2: targets: the target 'groq' stands in line 1 already" },
        { """{ "targets": [ { "name": "mine" } ] }""", "targets[0].name is \"mine\": it names no provider, so \"provider\" has to; there are anthropic" },
        { """{ "targets": [ { "name": "mine", "provider": "opanai" } ] }""", "targets[0].provider is \"opanai\": there is no such provider; there are anthropic" },
        { """{ "targets": [ { "name": "openai/x", "provider": "groq" } ] }""", "targets[0].provider is \"groq\": the name 'openai/x' says openai already" },
        { """{ "targets": [ { "name": "groq/b", "model": "c" } ] }""", "targets[0].model is \"c\": the name 'groq/b' names the model b already" },
        { """{ "targets": [ { "name": "groq", "rpm": 5 } ] }""", "targets[0].rpm: there is no such setting; there are name, provider" },
        { """{ "targets": [ { "name": "groq", "limits": { "rmp": 5 } } ] }""", "targets[0].limits.rmp: there is no such setting; there are rps, rpm" },
        { """{ "targets": [ { "name": "groq", "limits": { "rpm": "5" } } ] }""", "targets[0].limits.rpm is \"5\": it must be a number from 1 to 60000000, without quotes" },
        { """{ "targets": [ { "name": "groq", "limits": { "rpm": 0 } } ] }""", "targets[0].limits.rpm is 0: it must be a number" },
        { """{ "targets": [ { "name": "groq", "limits": { "rpm": 1.5 } } ] }""", "targets[0].limits.rpm is 1.5: it must be a number" },
        { """{ "targets": [ { "name": "groq", "limits": [] } ] }""", "targets[0].limits is a list: it must be an object" },
        { """{ "targets": [ { "name": "groq", "limits": { "max_inflight": "many" } } ] }""", "targets[0].limits.max_inflight is \"many\": it must be 'auto' or a number from 1 to 100000" },
        { """{ "targets": [ { "name": "groq", "limits": { "max_inflight": "5" } } ] }""", "targets[0].limits.max_inflight is \"5\": it must be 'auto' or a number" },
        { """{ "targets": [ { "name": "groq", "allow_insecure_http": "true" } ] }""", "targets[0].allow_insecure_http is \"true\": it must be true or false, without quotes" },
        { """{ "targets": [ { "name": "groq", "base_url": "gpu.example" } ] }""", "targets[0].base_url is \"gpu.example\": it must be an http or https address" },
        { """{ "targets": [ { "name": "groq", "prices": { "input": 1 } } ] }""", "targets[0].prices: it has no \"output\"" },
        { """{ "targets": [ { "name": "groq", "prices": { "input": -1, "output": 1 } } ] }""", "targets[0].prices.input is -1: it must be a number from 0 to 1000000" },
        { """{ "targets": [ { "name": "groq", "api_key_env": [] } ] }""", "targets[0].api_key_env: it is empty" },
        { """{ "targets": [ { "name": "groq", "api_key_env": ["A", "A"] } ] }""", "targets[0].api_key_env[1]: it stands in the list twice" },
        { """{ "targets": [ { "name": "groq", "api_key_env": 5 } ] }""", "targets[0].api_key_env: it must be the name of an environment variable" },
        { """{ "fallback": [] }""", "fallback is a list: it must be a list in brackets, and not an empty one" },
        { """{ "targets": [ { "name": "groq" } ], "fallback": ["groq", "groq"] }""", "fallback[1] is \"groq\": it stands in the list twice" },
        { """{ "targets": [ { "name": "groq" } ], "fallback": ["x"] }""", "fallback: there is no target 'x' in \"targets\"; there are groq" },
        { """{ "defaults": { "max_retrys": 1 } }""", "defaults.max_retrys: there is no such setting; there are rps," },
        { """{ "defaults": { "allow_insecure_http": true } }""", "defaults.allow_insecure_http: there is no such setting" },
        { """{ "defaults": { "max_retries": "3" } }""", "defaults.max_retries is \"3\": it must be a number, without quotes" },
        { """{ "defaults": { "max_retries": -1 } }""", "defaults.max_retries is -1: it must be a number from 0 to 1000" },
        { """{ "defaults": { "attempt_timeout": 30 } }""", "defaults.attempt_timeout is 30: it must be a text in quotes" },
        { """{ "defaults": { "attempt_timeout": "soon" } }""", "defaults.attempt_timeout is \"soon\": it must be a number with ms, s, m or h" },
        { """{ "defaults": { "ordered": "yes" } }""", "defaults.ordered is \"yes\": it must be true or false, without quotes" },
        { """{ "defaults": { "durability": "some" } }""", "defaults.durability is \"some\": it must be 'batch' or 'none'" },
        { """{ "defaults": { "max_inflight": true } }""", "defaults.max_inflight is true: it must be a number without quotes, or auto in quotes" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_named_with_its_line_its_path_its_value_and_the_cure(string text, string said)
    {
        ConfigurationException wrong = Assert.Throws<ConfigurationException>(() => Parse(text));

        Assert.Contains(said, wrong.Message, StringComparison.Ordinal);
        Assert.All(wrong.Errors, static error => Assert.Matches("^f\\.json:[0-9]+: ", error));
        Assert.DoesNotContain("LineNumber", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_said_at_once() =>
        Assert.Equal(3, Assert.Throws<ConfigurationException>(() => Parse("""{ "x": 1, "targets": [ { "name": 1 }, { "name": "groq", "y": 2 } ] }""")).Errors.Count);

    [Theory]
    [InlineData("\"api_key\": \"KEY\"")]
    [InlineData("\"apiKey\": \"KEY\"")]
    [InlineData("\"key\": \"KEY\"")]
    [InlineData("\"token\": \"KEY\"")]
    [InlineData("\"Authorization\": \"Bearer KEY\"")]
    [InlineData("\"api_key_env\": \"KEY\"")]
    [InlineData("\"api_key_env\": [\"OPENAI_API_KEY\", \"KEY\"]")]
    [InlineData("\"base_url\": \"https://x.example/v1?api_key=KEY\"")]
    [InlineData("\"model\": \"KEY\"")]
    [InlineData("\"KEY\": 1")]
    public void A_key_is_refused_wherever_it_stands_and_not_repeated(string member)
    {
        foreach (string key in new[] { "sk-proj-abcdefgh12345678", "gsk_abcdefgh12345678", "0123456789abcdef0123456789abcdef" })
        {
            ConfigurationException wrong = Assert.Throws<ConfigurationException>(
                () => Parse("{ \"targets\": [ { \"name\": \"groq\", " + member.Replace("KEY", key, StringComparison.Ordinal).Replace($"OPENAI_API_{key}", "OPENAI_API_KEY", StringComparison.Ordinal) + " } ] }"));

            Assert.DoesNotContain(key, wrong.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_key_of_an_unknown_form_is_no_name_of_a_variable_and_not_repeated()
    {
        ConfigurationException wrong = Assert.Throws<ConfigurationException>(() => Parse("""{ "targets": [ { "name": "groq", "api_key_env": "q7Zk2Lm9" } ] }"""));

        Assert.Contains("a key itself does not belong in a file", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("q7Zk2Lm9", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_not_UTF_8_is_refused() => Assert.Contains(
        "f.json:1: ",
        Assert.Throws<ConfigurationException>(() => ConfigFile.Parse([(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}'], "f.json", isNamed: true, [])).Message,
        StringComparison.Ordinal);

    private static ConfigFile Parse(string text)
    {
        using TerminalWriter terminal = new();
        return ConfigFile.Parse(Encoding.UTF8.GetBytes(text), "f.json", isNamed: true, CommandTree.Of(terminal).Subcommands.OfType<RunCommand>().Single().Settable);
    }
}
