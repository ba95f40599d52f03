using AiLib.Dataflow.Capacity.Limits;

namespace AiLib.Dataflow.Tests.Pipeline;

public sealed class AdaptiveLimitTests
{
    private static PipelineHarness Create(int initial) => new(target: (_, options) =>
    {
        options.AdaptiveLimit = new AdaptiveLimitOptions { Initial = initial, Max = 16 };
        options.CircuitBreaker.FailureThreshold = 0;
        options.Retry.MaxRetries = 0;
    });

    [Fact]
    public async Task One_burst_of_rejections_is_one_cut_and_running_attempts_are_left_alone()
    {
        await using PipelineHarness harness = Create(initial: 10);
        Task<Settled<string, string>>[] requests = [.. Enumerable.Range(0, 12).Select(n => harness.TrySendAsync($"{n}"))];
        List<ScriptedCall> calls = await harness.Endpoint.NextAsync(10);
        Assert.Equal((10, 10), (harness.Signals.Targets[0].MaxInflight, harness.Signals.CurrentInflight));

        harness.Time.Advance(0.1);
        foreach (ScriptedCall call in calls.Take(5))
        {
            call.Throttle();
        }

        // Half, because it had not been cut before: at most five fit now, five run on, and so none of the two that wait may start.
        await harness.UntilAsync(now => now.Failed == 5, "the rejected answers");
        Assert.Equal((5, 5, 2L), (harness.Signals.Targets[0].MaxInflight, harness.Signals.CurrentInflight, harness.Signals.Depths.Ready));

        calls[5].Answer("yes");
        List<ScriptedCall> more = await harness.Endpoint.NextAsync(1);
        calls[6].Answer("yes");
        more.AddRange(await harness.Endpoint.NextAsync(1));
        foreach (ScriptedCall call in calls.Skip(7).Concat(more))
        {
            call.Answer("yes");
        }

        Settled<string, string>[] all = await Task.WhenAll(requests).WithinPatienceAsync("all answers");
        Assert.Equal(7, all.Count(settled => settled.IsAnswered));
    }

    [Fact]
    public async Task The_limit_grows_while_it_is_used_and_answers_come()
    {
        await using PipelineHarness harness = Create(initial: 2);
        int most = 2;
        Task[] requests = [.. Enumerable.Range(0, 120).Select(n => (Task)harness.TrySendAsync($"{n}"))];
        for (int answered = 0; answered < 120;)
        {
            int width = Math.Min(harness.Signals.Targets[0].MaxInflight, 120 - answered);
            List<ScriptedCall> round = await harness.Endpoint.NextAsync(width);
            most = Math.Max(most, width);
            harness.Time.Advance(0.05);
            round.ForEach(call => call.Answer("yes"));
            answered += width;
            await harness.UntilAsync(now => now.Answered == answered, "a round of answers");
        }

        await Task.WhenAll(requests).WithinPatienceAsync("all answers");
        Assert.InRange(most, 4, 16);
    }

    [Fact]
    public async Task What_is_set_while_it_runs_is_its_ceiling_and_the_next_answer_does_not_undo_it()
    {
        await using PipelineHarness harness = Create(initial: 10);
        Task[] requests = [.. Enumerable.Range(0, 60).Select(n => (Task)harness.TrySendAsync($"{n}"))];
        List<ScriptedCall> calls = await harness.Endpoint.NextAsync(10);

        harness.Pipeline.UpdateLimits("a", limits =>
        {
            Assert.Equal(16, limits.MaxInflight);
            limits.MaxInflight = 4;
        });

        Assert.Equal(4, harness.Signals.Targets[0].MaxInflight);
        for (int answered = 0; answered < 60;)
        {
            harness.Time.Advance(0.05);
            calls.ForEach(call => call.Answer("yes"));
            answered += calls.Count;
            await harness.UntilAsync(now => now.Answered == answered, "a round of answers");
            Assert.InRange(harness.Signals.Targets[0].MaxInflight, 1, 4);
            calls = await harness.Endpoint.NextAsync(Math.Min(harness.Signals.Targets[0].MaxInflight, 60 - answered));
            Assert.InRange(harness.Signals.CurrentInflight, 0, 4);
        }

        await Task.WhenAll(requests).WithinPatienceAsync("all answers");
        harness.Pipeline.UpdateLimits("a", limits => Assert.Equal(4, limits.MaxInflight));
    }

    [Fact]
    public void Fewer_slots_than_the_limit_may_grow_to_are_refused()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => new PipelineHarness(target: (_, options) =>
        {
            options.Slots = 100;
            options.AdaptiveLimit = new AdaptiveLimitOptions();
        }));

        Assert.Contains("Slots (100)", error.Message, StringComparison.Ordinal);
        Assert.Contains("AdaptiveLimit.Max (1000)", error.Message, StringComparison.Ordinal);
    }
}
