namespace AiLib.Dataflow.VirtualWorld;

/// <summary>A provider, as everyone calls it.</summary>
internal interface IQuotaProvider
{
    /// <summary>It as a target of the pipeline.</summary>
    IEndpoint<Job, int> Endpoint { get; }

    /// <summary>Answers, or says why not.</summary>
    ValueTask<Reply> CallAsync(Job job, CancellationToken cancellationToken);
}

/// <summary>What a provider says.</summary>
/// <param name="End">How the call ended.</param>
/// <param name="Wait">How long it asks to be left alone; null when it says nothing.</param>
/// <param name="Readings">What it says about its quotas.</param>
internal readonly record struct Reply(CallEnd End, TimeSpan? Wait, ReadOnlyMemory<QuotaReading> Readings);

/// <summary>How a call ended.</summary>
internal enum CallEnd
{
    /// <summary>With an answer.</summary>
    Answered,

    /// <summary>With a 429.</summary>
    Refused,

    /// <summary>With an error, because the provider is dead.</summary>
    Dead,
}
