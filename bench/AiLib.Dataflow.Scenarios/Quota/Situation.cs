using AiLib.Dataflow.VirtualWorld;

namespace AiLib.Dataflow.Scenarios.Quota;

/// <summary>A provider, what is known of it, and how well its quota must be used.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="Provider">The provider.</param>
/// <param name="IsKnown">Whether the limits are configured.</param>
/// <param name="LeastUse">The share of the allowed answers that must be there, at least.</param>
/// <param name="MostRefused">The share of 429s among all calls, at most.</param>
internal sealed record Situation(string Name, ProviderSettings Provider, bool IsKnown, double LeastUse, double MostRefused)
{
    /// <summary>From when on it is judged.</summary>
    public TimeSpan From { get; init; }

    /// <summary>By how much the client is wrong about costs, on average.</summary>
    public double Bias { get; init; } = 1;

    /// <summary>Whether the client sends a minute's tokens at once at the beginning.</summary>
    public bool WholeMinuteAtOnce { get; init; }

    /// <summary>Runs a client through it in virtual time.</summary>
    /// <param name="client">The client.</param>
    /// <param name="length">For how long, what is not judged included.</param>
    /// <param name="sizes">With which requests.</param>
    public Measured Run(QuotaClient client, TimeSpan length, JobSizes sizes)
    {
        VirtualTime time = new();
        VirtualProvider provider = new(Provider, time);
        QuotaTask task = ToTask(time, provider, length, sizes);
        time.Run(async () =>
        {
            await client.RunAsync(task);
            return true;
        });
        return Judge(client.Name, provider.Record, length);
    }

    /// <summary>Runs a client through it over HTTP, in real time.</summary>
    /// <param name="client">The client.</param>
    /// <param name="length">For how long, what is not judged included.</param>
    /// <param name="sizes">With which requests.</param>
    public async Task<Measured> RunOverHttpAsync(QuotaClient client, TimeSpan length, JobSizes sizes)
    {
        HttpProvider provider = await HttpProvider.StartAsync(Provider);
        await using (provider)
        {
            await OneThread.RunAsync(() => client.RunAsync(ToTask(TimeProvider.System, provider, length, sizes)), length);
            return Judge(client.Name, provider.Record, length);
        }
    }

    private QuotaTask ToTask(TimeProvider time, IQuotaProvider provider, TimeSpan length, JobSizes sizes) =>
        new(time, [provider], index => sizes.At(index, Bias), length, IsKnown ? Provider : null)
        {
            LargestCost = (long)(sizes.LargestTokens * Math.Max(1, Bias) * 1.5),
            WholeMinuteAtOnce = WholeMinuteAtOnce,
        };

    private Measured Judge(string client, ProviderRecord record, TimeSpan length)
    {
        ProviderRecord.Second seen = record.Between(From, length);
        return new Measured(client, seen.Answered, Provider.UseOf(seen, From, length), seen.RefusedShare);
    }
}

/// <summary>What a client made of a situation.</summary>
/// <param name="Client">The client.</param>
/// <param name="Answers">How many answers it got.</param>
/// <param name="Use">Answers over those that the quota allowed.</param>
/// <param name="RefusedShare">429s over all calls.</param>
internal readonly record struct Measured(string Client, long Answers, double Use, double RefusedShare);
