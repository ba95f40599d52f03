using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Simulator;

namespace AiLib.Dataflow.EndToEnd.Tests;

public sealed class FaultTests
{
    private const string Faults = "429=0.1,500=0.05,reset=0.02";

    [Fact]
    public async Task Over_two_targets_with_faults_each_request_is_answered_once()
    {
        using Workspace workspace = Workspace.With(2_000);
        await using SimulatorServer first = await StartAsync(seed: 1);
        await using SimulatorServer second = await StartAsync(seed: 2);
        using ProviderEndpoint firstEndpoint = new(new ProviderEndpointOptions { BaseAddress = first.BaseAddress });
        using ProviderEndpoint secondEndpoint = new(new ProviderEndpointOptions { BaseAddress = second.BaseAddress });
        await using RequestPipeline<BatchRequest, ProviderResponse> pipeline = RequestPipeline.CreateBuilder<BatchRequest, ProviderResponse>()
            .AddTarget("first", new BatchEndpoint(firstEndpoint), target => Configure(target, retries: 1))
            .AddTarget("second", new BatchEndpoint(secondEndpoint), target => Configure(target, retries: 10))
            .UseRoute(request => request.Line % 2 == 0 ? "first" : "second")
            .Build();
        await using BatchJob job = await BatchJob.OpenAsync(new BatchJobOptions { InputPath = workspace.Input });

        BatchJobResult result = await job.RunAsync(pipeline);

        Assert.Equal((BatchJobEnd.Completed, 2_000L, 0L), (result.End, result.Counts.Answered, result.Counts.Failed));
        Assert.Equal(2_000, first.Counts.Served + second.Counts.Served);
        Assert.InRange(first.Counts.Faulted + second.Counts.Faulted, 250, 600);
        Assert.InRange(pipeline.Signals.Snapshot().Redirects, 1, 200);
        await job.DisposeAsync();
        Assert.Equal(Workspace.Names(2_000), Workspace.Ids(workspace.Results));
        Assert.False(File.Exists(workspace.Errors));
    }

    [Fact]
    public async Task The_GSM8K_questions_are_answered_once_each_also_when_interrupted_half_way()
    {
        string? questions = Find("shared/data/gsm8k-test.batch.jsonl");
        Assert.SkipWhen(questions is null, "The GSM8K file is not beside this checkout.");
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no SIGINT for another process.");
        using Workspace workspace = new();
        await using HeldProvider provider = await HeldProvider.StartAsync(new SimulatorOptions { Seed = 3, Faults = FaultRates.Parse(Faults) });
        string[] run = ["run", questions!, "-o", workspace.Results, "--errors", workspace.Errors, "--base-url", provider.Address];

        using (Ailib tool = Ailib.Start(workspace.Path, run))
        {
            await provider.AnswerAsync(tool, served: 500, inFlight: 1);
            tool.Interrupt();
            await tool.UntilItSaysAsync("Stopping: ");
            Assert.Equal(130, (await provider.AnswerAsync(tool.EndAsync())).ExitCode);
        }

        int written = File.ReadAllLines(workspace.Results).Length;
        long served = provider.Served;
        Ended ended = await provider.AnswerAsync(Ailib.RunAsync(workspace.Path, run));

        Assert.Equal(served, written);
        Assert.InRange(written, 500, 1_318);
        Assert.Equal(0, ended.ExitCode);
        Assert.Equal(Workspace.Ids(questions!), Workspace.Ids(workspace.Results));
        Assert.Equal(1_319, File.ReadAllLines(workspace.Results).Length);
        Assert.False(File.Exists(workspace.Errors));
    }

    private static void Configure(TargetOptions target, int retries)
    {
        target.Retry.MaxRetries = retries;

        // Of 50 that start together the failures come back first, five in a row now and then.
        target.CircuitBreaker.FailureThreshold = target.Backpressure.MaxInflight;
    }

    private static Task<SimulatorServer> StartAsync(long seed) =>
        SimulatorServer.StartAsync(new SimulatorOptions { Seed = seed, Faults = FaultRates.Parse(Faults), TimeToFirstToken = TimeSpan.FromMilliseconds(5) });

    private static string? Find(string path)
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            string candidate = Path.Combine(directory.FullName, path);
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
