using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Cli.Run;

namespace AiLib.Dataflow.EndToEnd.Tests.Config;

/// <summary>What a job is, is what holds for it, and not who said so.</summary>
public sealed class AnswerSettingsTests
{
    private static readonly string[] Same = ["--target", "vllm/llama", "--base-url", "http://127.0.0.1:1/v1"];

    [Theory]
    [InlineData("""{ "targets": [ { "name": "ours", "provider": "vllm", "model": "llama", "base_url": "http://127.0.0.1:1/v1" } ] }""", true)]
    [InlineData("""{ "targets": [ { "name": "vllm/llama", "base_url": "http://127.0.0.1:1/v1/" } ] }""", true)]
    [InlineData("""{ "targets": [ { "name": "a", "provider": "VLLM", "model": "llama", "base_url": "http://127.0.0.1:1/v1", "api_key_env": ["K", "L"], "limits": { "rpm": 5 }, "prices": { "input": 1, "output": 1 } } ] }""", true)]
    [InlineData("""{ "targets": [ { "name": "ours", "provider": "vllm", "model": "lama", "base_url": "http://127.0.0.1:1/v1" } ] }""", false)]
    [InlineData("""{ "targets": [ { "name": "ours", "provider": "vllm", "base_url": "http://127.0.0.1:1/v1" } ] }""", false)]
    [InlineData("""{ "targets": [ { "name": "ours", "provider": "vllm", "model": "llama", "base_url": "http://127.0.0.1:2/v1" } ] }""", false)]
    [InlineData("""{ "targets": [ { "name": "ours", "provider": "vllm", "model": "llama" } ] }""", false)]
    [InlineData("""{ "targets": [ { "name": "ours", "provider": "compatible", "model": "llama", "base_url": "http://127.0.0.1:1/v1" } ] }""", false)]
    [InlineData("""{ "targets": [ { "name": "vllm/llama", "base_url": "http://127.0.0.1:1/v1" }, { "name": "groq/x" } ] }""", false)]
    public void A_job_is_the_same_when_the_same_ones_answer(string file, bool isSame) =>
        Assert.Equal(isSame, Of(new PlannedTargets(file, [])) == Of(new PlannedTargets(null, Same)));

    [Fact]
    public void An_address_that_is_the_providers_own_is_no_other_address() => Assert.Equal(
        Of(new PlannedTargets(null, ["--target", "groq/m"])),
        Of(new PlannedTargets(null, ["--target", "groq/m", "--base-url", "https://api.groq.com/openai/v1"])));

    [Fact]
    public void Of_several_targets_each_has_its_own_address() => Assert.Equal(
        "--base-url=vllm/a: http://127.0.0.1:1/v1; --target=vllm/a, groq/b",
        Of(new PlannedTargets("""{ "targets": [ { "name": "vllm/a", "base_url": "http://127.0.0.1:1/v1" }, { "name": "groq/b" } ] }""", [])));

    private static string Of(PlannedTargets planned) => string.Join(
        "; ", AnswerSettings.Of(new BatchInputOptions(), planned.Plans.All).OrderBy(setting => setting.Key, StringComparer.Ordinal).Select(setting => $"{setting.Key}={setting.Value}"));
}
