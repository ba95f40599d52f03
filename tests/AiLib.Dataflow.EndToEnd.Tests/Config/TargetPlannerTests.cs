using AiLib.Dataflow.Cli.Settings;
using AiLib.Dataflow.Cli.Targets;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.EndToEnd.Tests.Config;

/// <summary>Who is heard: options before the environment, that before the file, that before what is built in.</summary>
public sealed class TargetPlannerTests
{
    private const string File = """
        { "targets": [
          { "name": "openai/gpt-4o-mini", "limits": { "rps": 3, "rpm": 500, "max_inflight": 64 }, "prices": { "input": 1, "output": 2 } },
          { "name": "ours", "provider": "vllm", "model": "llama", "base_url": "http://127.0.0.1:1/v1", "api_key_env": "OURS" } ],
          "defaults": { "rpm": 9, "tpm": 70, "price": "5/6" } }
        """;

    [Fact]
    public void Without_an_option_the_targets_are_those_of_the_file_in_its_order()
    {
        PlannedTargets planned = new(File, []);

        IReadOnlyList<TargetPlan> plans = planned.Plans.All;
        Assert.Empty(planned.Problems);
        Assert.Equal(["openai/gpt-4o-mini", "ours"], plans.Select(plan => plan.Id).ToArray());
        Assert.Equal("f.json:1", planned.Plans.OrderSource);
        Assert.Equal(("openai", "f.json:2", "gpt-4o-mini", "f.json:2"), (plans[0].Provider!.Id, plans[0].ProviderSource, plans[0].Model.Value, plans[0].Model.Source));
        Assert.Equal(("https://api.openai.com/v1", Sources.BuiltIn), (plans[0].Address.Value!.OriginalString, plans[0].Address.Source));
        Assert.Equal(("vllm", "llama", "f.json:3"), (plans[1].Provider!.Id, plans[1].Model.Value, plans[1].Address.Source));
        Assert.Equal(("OURS", "f.json:3"), (Assert.Single(plans[1].KeyVariables.Value), plans[1].KeyVariables.Source));
        Assert.Equal(("OPENAI_API_KEY", Sources.BuiltIn), (Assert.Single(plans[0].KeyVariables.Value), plans[0].KeyVariables.Source));
    }

    [Fact]
    public void What_the_file_says_of_a_target_goes_before_what_it_says_of_all()
    {
        PlannedTargets planned = new(File, []);

        Assert.Equal(("500 from f.json:2", "9 from f.json:4"), (planned.Limit("rpm", 0), planned.Limit("rpm", 1)));
        Assert.Equal(("70 from f.json:4", "70 from f.json:4"), (planned.Limit("tpm", 0), planned.Limit("tpm", 1)));
        Assert.Equal((new TokenPrices(1, 2), new TokenPrices(5, 6)), (planned.Plans.All[0].Prices!.Value, planned.Plans.All[1].Prices!.Value));
        Assert.Equal("auto from built in", planned.Limit("max_inflight", 1));
    }

    [Fact]
    public void A_target_that_is_named_has_what_the_file_says_of_it()
    {
        PlannedTargets planned = new(File, ["--target", "ours"]);

        TargetPlan plan = Assert.Single(planned.Plans.All);
        Assert.Equal(("llama", "http://127.0.0.1:1/v1", "--target"), (plan.Model.Value, plan.Address.Value!.OriginalString, planned.Plans.OrderSource));
    }

    [Fact]
    public void The_fallback_order_of_the_file_chooses_and_orders()
    {
        PlannedTargets planned = new("""
            { "targets": [ { "name": "groq/a" }, { "name": "groq/b" }, { "name": "groq/c" } ],
              "fallback": ["groq/c", "groq/a"] }
            """, []);

        Assert.Equal(["groq/c", "groq/a"], planned.Plans.All.Select(plan => plan.Id).ToArray());
        Assert.Equal("f.json:2", planned.Plans.OrderSource);
    }

    [Theory]
    [InlineData(false, false, false, "rps", null)]
    [InlineData(true, false, false, "rps", "3 from f.json:2")]
    [InlineData(true, true, false, "rps", "2 from AI_LIB_RPS")]
    [InlineData(true, true, true, "rps", "8 from --rps")]
    [InlineData(false, false, false, "rpm", null)]
    [InlineData(true, false, false, "rpm", "500 from f.json:2")]
    [InlineData(true, true, false, "rpm", "4 from AI_LIB_RPM")]
    [InlineData(true, true, true, "rpm", "7 from --rpm")]
    [InlineData(false, false, false, "max_inflight", "auto from built in")]
    [InlineData(true, false, false, "max_inflight", "64 from f.json:2")]
    [InlineData(true, true, false, "max_inflight", "6 from AI_LIB_MAX_INFLIGHT")]
    [InlineData(true, true, true, "max_inflight", "auto from --max-inflight")]
    public void An_option_goes_before_its_variable_that_before_the_file_and_that_before_what_is_built_in(
        bool hasFile, bool hasVariables, bool hasOptions, string limit, string? expected)
    {
        (string, string)[] variables = [("AI_LIB_RPS", "2"), ("AI_LIB_RPM", "4"), ("AI_LIB_MAX_INFLIGHT", "6")];
        string[] options = ["--rps", "8", "--rpm", "7", "--max-inflight", "auto"];

        PlannedTargets planned = new(
            hasFile ? File : null, ["--target", "openai/gpt-4o-mini", .. hasOptions ? options : []], isNamed: true, hasVariables ? variables : []);

        Assert.Empty(planned.Problems);
        Assert.Equal(expected, planned.Limit(limit));
    }

    [Theory]
    [InlineData(false, false, "f.json:2")]
    [InlineData(true, false, "AI_LIB_PRICE")]
    [InlineData(true, true, "--price")]
    public void So_do_prices(bool hasVariable, bool hasOption, string expected)
    {
        PlannedTargets planned = new(File, hasOption ? ["--price", "7/8"] : [], isNamed: true, hasVariable ? [("AI_LIB_PRICE", "3/4")] : []);

        Assert.Equal(expected, planned.Plans.All[0].Prices!.Source);
    }

    [Theory]
    [InlineData("AI_LIB_MAX_INFLIGHT", "0", "unlimited from AI_LIB_MAX_INFLIGHT")]
    [InlineData("AI_LIB_MAX_INFLIGHT", "", "auto from built in")]
    public void The_variables_of_the_family_keep_their_meaning(string variable, string value, string expected)
    {
        PlannedTargets planned = new(null, ["--target", "groq"], isNamed: true, (variable, value));

        Assert.Empty(planned.Problems);
        Assert.Equal(expected, planned.Limit("max_inflight"));
    }

    [Theory]
    [InlineData("AI_LIB_RPS", "many", "AI_LIB_RPS is 'many': it must be a number from 0.001 to 1000000.")]
    [InlineData("AI_LIB_RPM", "0", "AI_LIB_RPM is '0': it must be a number from 1 to 60000000.")]
    [InlineData("AI_LIB_MAX_INFLIGHT", "auto", "AI_LIB_MAX_INFLIGHT is 'auto': it must be a whole number from 0 to 1000000, or not set.")]
    [InlineData("AI_LIB_PRICE", "cheap", "AI_LIB_PRICE is 'cheap': it must be USD per million LLM tokens as INPUT/OUTPUT or INPUT/CACHED/OUTPUT, such as 0.15/0.60.")]
    [InlineData("AI_LIB_RPM", "sk-abcdefgh12345678", "AI_LIB_RPM is '***': it must be a number from 1 to 60000000.")]
    public void A_variable_that_cannot_be_meant_is_said_once_with_its_value(string variable, string value, string expected) =>
        Assert.Equal([expected], new PlannedTargets(null, ["--target", "groq", "--target", "openai"], isNamed: true, (variable, value)).Problems);

    [Fact]
    public void A_base_url_without_a_target_is_an_unknown_provider_whatever_the_file_lists() =>
        Assert.Equal("compatible", Assert.Single(new PlannedTargets(File, ["--base-url", "http://127.0.0.1:2/v1"]).Plans.All).Id);

    [Fact]
    public void Limits_of_several_keys_are_for_targets_that_have_them()
    {
        const string Two = """
            { "targets": [ { "name": "groq", "api_key_env": ["A", "B"] }, { "name": "openai" } ],
              "defaults": { "pool_rpm": 7 } }
            """;

        PlannedTargets all = new(Two, []);
        PlannedTargets own = new("""{ "targets": [ { "name": "openai", "limits": { "pool_tpm": 5 } } ] }""", []);
        PlannedTargets option = new(null, ["--target", "openai", "--pool-rpm", "5"]);

        Assert.Empty(all.Problems);
        Assert.Equal(("7 from f.json:2", null), (all.Limit("pool_rpm", 0), all.Limit("pool_rpm", 1)));
        Assert.Contains("f.json:1: pool_tpm is for several keys together", Assert.Single(own.Problems), StringComparison.Ordinal);
        Assert.Contains("--target openai: --pool-rpm is for several keys together", Assert.Single(option.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void How_much_may_go_at_once_is_said_of_a_limit_that_there_is()
    {
        const string Two = """
            { "targets": [ { "name": "groq", "limits": { "tpm": 60000 } }, { "name": "openai", "limits": { "rpm": 600 } } ],
              "defaults": { "token_burst": 7000, "burst": 20 } }
            """;

        PlannedTargets all = new(Two, []);
        PlannedTargets own = new("""{ "targets": [ { "name": "openai", "limits": { "rpm": 5, "token_burst": 5 } } ] }""", []);
        PlannedTargets option = new(null, ["--target", "openai", "--tpm", "600", "--burst", "5"]);

        Assert.Empty(all.Problems);
        Assert.Equal(("7000 from f.json:2", null), (all.Limit("token_burst", 0), all.Limit("token_burst", 1)));
        Assert.Equal((null, "20 from f.json:2"), (all.Limit("burst", 0), all.Limit("burst", 1)));
        Assert.Equal(
            "f.json:1: target openai: f.json:1: token_burst says how much may go at once of a limit that is not set; set tpm or itpm or otpm, or leave it out.", Assert.Single(own.Problems));
        Assert.Equal("--target openai: --burst says how much may go at once of a limit that is not set; set rps or rpm, or leave it out.", Assert.Single(option.Problems));
    }

    [Theory]
    [InlineData("https://evil.example/v1", false, true)]
    [InlineData("https://evil.example/v1", true, false)]
    [InlineData("https://api.openai.com/v1", false, false)]
    [InlineData("https://api.openai.com:444/v1", false, true)]
    [InlineData("http://api.openai.com/v1", false, true)]
    [InlineData("http://127.0.0.1:5/v1", false, false)]
    public void A_file_that_was_only_found_sends_nothing_to_a_foreign_address(string address, bool isNamed, bool isRefused)
    {
        List<string> problems = new PlannedTargets($$"""{ "targets": [ { "name": "openai/m", "base_url": "{{address}}" } ] }""", [], isNamed).Problems;

        Assert.Equal(isRefused, problems.Count > 0);
        if (isRefused)
        {
            Assert.Contains($"would send requests, and a key, to {new Uri(address).Authority}", Assert.Single(problems), StringComparison.Ordinal);
            Assert.Contains("--config f.json", problems[0], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("allow_private_network")]
    [InlineData("allow_insecure_http")]
    public void A_file_that_was_only_found_takes_no_protection_away(string protection)
    {
        string file = $$"""{ "targets": [ { "name": "vllm", "{{protection}}": true } ] }""";

        Assert.Contains(protection, Assert.Single(new PlannedTargets(file, ["--target", "vllm", "--base-url", "http://10.0.0.1/v1"], isNamed: false).Problems), StringComparison.Ordinal);
        Assert.Empty(new PlannedTargets(file, [], isNamed: true).Problems);
    }

    [Fact]
    public void A_target_that_nobody_knows_is_refused_with_those_that_there_are()
    {
        string problem = Assert.Single(new PlannedTargets(File, ["--target", "mine"]).Problems);

        Assert.StartsWith("--target mine: there is no provider 'mine'; there are anthropic", problem, StringComparison.Ordinal);
        Assert.EndsWith("and in f.json openai/gpt-4o-mini, ours.", problem, StringComparison.Ordinal);
    }
}
