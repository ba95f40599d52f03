using AiLib.Dataflow.Capacity.Limits;

namespace AiLib.Dataflow.Tests.Capacity.Limits;

public sealed class RejectionNoiseLimitTests
{
    [Fact]
    public void Without_noise_one_rejection_is_proof()
    {
        RejectionNoise noise = new();

        Assert.False(noise.Add(rejected: false, isBelow: false, isGrowing: false, turn: 1));
        Assert.True(noise.Add(rejected: true, isBelow: false, isGrowing: false, turn: 1));
    }

    [Fact]
    public void With_noise_it_takes_a_burst()
    {
        RejectionNoise noise = new(rejected: 10, attempts: 100);

        int taken = 1;
        while (!noise.Add(rejected: true, isBelow: false, isGrowing: false, turn: 1))
        {
            taken++;
        }

        Assert.InRange(taken, 4, noise.Patience + 2);
    }

    /// <remarks>At a target of constant latency attempts begin together, and rejections are back first: ten in a row are then ten of a hundred.</remarks>
    [Fact]
    public void Rejections_in_a_row_are_no_proof_before_the_turn_they_belong_to_has_ended()
    {
        RejectionNoise noise = new(rejected: 10, attempts: 100);

        for (int n = 0; n < 5_000; n++)
        {
            Assert.False(noise.Add(rejected: n % 100 < 10, isBelow: false, isGrowing: false, turn: 100));
        }
    }

    [Fact]
    public void A_turn_with_many_more_rejections_is_proof()
    {
        RejectionNoise noise = new(rejected: 10, attempts: 100);

        bool isProof = false;
        for (int n = 0; n < 101; n++)
        {
            isProof |= noise.Add(rejected: n % 2 == 0, isBelow: false, isGrowing: false, turn: 100);
        }

        Assert.True(isProof);
    }

    [Fact]
    public void A_trial_has_no_verdict_before_a_turn()
    {
        RejectionTrial trial = new(level: 50, most: 300);

        for (int n = 0; n < 99; n++)
        {
            Assert.Equal(TrialVerdict.Open, trial.Add(rejected: true));
        }

        Assert.Equal(TrialVerdict.Full, trial.Add(rejected: true));
    }

    [Fact]
    public void Noise_that_ends_is_forgotten()
    {
        RejectionNoise noise = new(rejected: 10, attempts: 100);

        for (int n = 0; n < 5_000; n++)
        {
            noise.Add(rejected: false, isBelow: false, isGrowing: false, turn: 1);
        }

        Assert.False(noise.IsKnown);
    }

    [Fact]
    public void Noise_does_not_rise_much_with_what_is_rejected_at_a_high_level()
    {
        RejectionNoise noise = new(rejected: 30, attempts: 300);

        for (int n = 0; n < 3_000; n++)
        {
            noise.Add(rejected: n % 3 == 0, isBelow: false, isGrowing: false, turn: 1);
        }

        Assert.InRange(noise.Share, 0.1, 0.15);
    }

    [Fact]
    public void A_trial_in_which_everything_is_rejected_is_short()
    {
        RejectionTrial trial = new(level: 1, most: 300);

        int taken = 1;
        while (trial.Add(rejected: true) == TrialVerdict.Open)
        {
            taken++;
        }

        Assert.InRange(taken, 3, 10);
    }

    [Theory]
    [InlineData(10, TrialVerdict.Noise)]
    [InlineData(4, TrialVerdict.Noise)]
    [InlineData(2, TrialVerdict.Full)]
    [InlineData(200, TrialVerdict.Cured)]
    internal void A_trial_tells_noise_from_a_full_target_and_from_a_cut_that_was_enough(int rejectsEvery, TrialVerdict expected)
    {
        RejectionTrial trial = new(level: 5, most: 300);

        TrialVerdict verdict = TrialVerdict.Open;
        for (int n = 1; verdict == TrialVerdict.Open; n++)
        {
            verdict = trial.Add(rejected: n % rejectsEvery == 0);
        }

        Assert.Equal(expected, verdict);
    }
}
