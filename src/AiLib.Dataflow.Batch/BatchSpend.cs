namespace AiLib.Dataflow.Batch;

/// <summary>What a job has cost, as far as <see cref="BatchJobOptions.Prices"/> tell. A value.</summary>
/// <param name="Usd">What the attempts of this run cost, in USD.</param>
/// <param name="BeforeUsd">What those of earlier runs did, as the job file says; 0 when nothing is remembered.</param>
/// <param name="EstimatedUsd">
/// The part of <paramref name="Usd"/> that nobody has confirmed: attempts that timed out or broke off, and answers without usage, which a provider may ask for
/// all the same. They are counted by their estimate, which is the most that they can cost.
/// </param>
/// <param name="UnknownAttempts">Attempts at targets without a price, which are in no sum.</param>
public readonly record struct BatchSpend(decimal Usd, decimal BeforeUsd, decimal EstimatedUsd, long UnknownAttempts)
{
    /// <summary>What all runs of the job have cost, in USD.</summary>
    public decimal TotalUsd => BeforeUsd + Usd;
}
