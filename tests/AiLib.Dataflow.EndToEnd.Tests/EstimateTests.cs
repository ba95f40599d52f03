using System.Text.Json;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.EndToEnd.Tests;

/// <summary>What requests cost before they are sent: who counts, what never fits, and what is said of a target that wants to be left alone.</summary>
public sealed class EstimateTests
{
    [Theory]
    [InlineData("exact", "vllm/gpt-4o-mini", "texts counted with o200k_base")]
    [InlineData("exact", "vllm/gpt-3.5-turbo", "texts counted with cl100k_base")]
    [InlineData("cl100k_base", "vllm/llama", "texts counted with cl100k_base")]
    [InlineData("cheap", "vllm/llama", "estimated by characters; --tokenizer exact counts them")]
    public async Task A_dry_run_says_who_counted(string tokenizer, string target, string says)
    {
        using Workspace workspace = Workspace.With(3);

        Ended ended = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", target, "--tokenizer", tokenizer, "--dry-run");

        Assert.Equal(0, ended.ExitCode);
        Assert.Matches($"at most about [0-9]+ tokens \\({says}\\)", ended.Output);
    }

    [Theory]
    [InlineData("exact", "vllm/llama", "knows no vocabulary of the model 'llama' (--target vllm/llama)")]
    [InlineData("exact", "vllm", "--target vllm names none; write --target vllm/MODEL")]
    [InlineData("p50k", "vllm/llama", "it must be cheap, exact, or a vocabulary: o200k_base, cl100k_base")]
    public async Task A_tokenizer_that_is_not_there_is_refused_with_what_there_is(string tokenizer, string target, string says)
    {
        using Workspace workspace = Workspace.With(3);

        Ended ended = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", target, "--tokenizer", tokenizer);

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(says, ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cheap")]
    [InlineData("exact")]
    public async Task A_run_under_a_limit_of_tokens_is_paced_by_its_estimates(string tokenizer)
    {
        await using SimulatorServer server = await SimulatorServer.StartAsync(new SimulatorOptions { TokensPerMinute = 60_000, Burst = TimeSpan.FromSeconds(1) });
        using Workspace workspace = Workspace.With(60);

        Ended ended = await Ailib.RunAsync(
            workspace.Path, "run", "in.jsonl", "--target", "compatible/gpt-4o", "--base-url", $"{server.BaseAddress}", "--tpm", "60000", "--tokenizer", tokenizer);

        Assert.Equal(0, ended.ExitCode);
        Assert.Equal(60, server.Counts.Served);
    }

    [Fact]
    public async Task What_never_fits_is_asked_once_and_refused_before_the_wire_from_then_on()
    {
        await using SimulatorServer server = await SimulatorServer.StartAsync(new SimulatorOptions { TokensPerMinute = 5_000 });
        using Workspace workspace = Workspace.With(10);
        await File.AppendAllTextAsync(workspace.Input, string.Concat(Enumerable.Range(1, 5).Select(number =>
            $$$"""{"custom_id":"large{{{number}}}","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":9000}}""" + "\n")));

        Ended ended = await Ailib.RunAsync(
            workspace.Path, "run", "in.jsonl", "--target", "openai", "--api-key-env", "PATH", "--base-url", $"{server.BaseAddress}", "--max-inflight", "1", "--json");

        Assert.Equal(1, ended.ExitCode);
        Assert.Equal((10, 1), (server.Counts.Served, server.Counts.RateLimited));
        string[] errors = await File.ReadAllLinesAsync(workspace.Errors);
        Assert.Equal(5, errors.Length);
        Assert.All(errors, line => Assert.Contains("openai takes no request of more than 5000 tokens, and this one costs 90", line, StringComparison.Ordinal));

        // Of the one that was sent the line has the answer, of the others our own code; they end in any order.
        string?[] codes = [.. errors.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("error"))
            .Select(error => error.ValueKind == JsonValueKind.Null ? null : error.GetProperty("code").GetString())];
        Assert.Equal([null, "ailib_E1005", "ailib_E1005", "ailib_E1005", "ailib_E1005"], codes.Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Fact]
    public async Task What_one_target_never_takes_another_answers_and_the_first_is_not_asked_again()
    {
        await using SimulatorServer small = await SimulatorServer.StartAsync(new SimulatorOptions { TokensPerMinute = 5_000 });
        await using SimulatorServer large = await SimulatorServer.StartAsync(new SimulatorOptions { TokensPerMinute = 500_000 });
        using ProviderEndpoint first = new(new ProviderEndpointOptions { BaseAddress = small.BaseAddress, ProviderId = "openai" });
        using ProviderEndpoint second = new(new ProviderEndpointOptions { BaseAddress = large.BaseAddress, ProviderId = "openai" });
        await using RequestPipeline<ProviderRequest, ProviderResponse> pipeline = RequestPipeline.CreateBuilder<ProviderRequest, ProviderResponse>()
            .AddTarget("small", first)
            .AddTarget("large", second)
            .Build();
        ProviderRequest request = new("/v1/chat/completions", """{"model":"m","max_tokens":9000,"messages":[{"role":"user","content":"hi"}]}"""u8.ToArray());

        for (int sent = 0; sent < 5; sent++)
        {
            Assert.Equal("large", (await pipeline.TrySendAsync(request)).Target);
        }

        Assert.Equal((1, 5), (small.Counts.Arrived, large.Counts.Served));
    }

    [Fact]
    public async Task The_end_of_a_run_says_which_target_is_exhausted_until_when_and_what_to_do()
    {
        FaultRates faults = FaultRates.Parse("429=1");
        await using SimulatorServer server = await SimulatorServer.StartAsync(new SimulatorOptions { Faults = faults, RetryAfter = TimeSpan.FromMinutes(10) });
        using Workspace workspace = Workspace.With(1);

        Ended ended = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--base-url", $"{server.BaseAddress}", "--json");

        Assert.Contains("Exhausted: compatible asked to be left alone for 10 min, until 20", ended.Error, StringComparison.Ordinal);
        Assert.Contains("or add another --target.", ended.Error, StringComparison.Ordinal);
        Assert.Contains("\"exhausted\":[{\"target\":\"compatible\",\"retry_after_seconds\":600,", ended.Output, StringComparison.Ordinal);
        Assert.Equal(1, server.Counts.Arrived);
    }
}
