using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Cli.Binding;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.Cli.Settings;
using AiLib.Dataflow.Cli.Targets;
using AiLib.Dataflow.EndToEnd.Tests.Recording;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.EndToEnd.Tests.Live;

/// <summary>What the engine's signals say, in words.</summary>
public sealed class BoundFinderTests
{
    private const string Target = "openai/gpt-4o-mini";

    private static readonly RunSettings Settings = new() { Input = "in.jsonl" };

    private static readonly AskedLimits Nothing = new() { Place = Target };

    [Fact]
    public void Each_constraint_is_named_with_its_target()
    {
        Assert.Null(Of(Constraint.None));
        Assert.Equal("requests to be read", Of(Constraint.Input));
        Assert.Equal($"request credits of {Target}: raise --rpm", Of(Constraint.RequestCredits, Nothing with { Requests = [new AskedLimit("--rpm", 500)] }));
        Assert.Equal($"LLM token credits of {Target}: raise --tpm, or lower max_tokens", Of(Constraint.TokenCredits, Nothing with { Tokens = [new AskedLimit("--tpm", 500)] }));
        Assert.Equal($"a place in flight at {Target}, which has 8: raise --max-inflight", Of(Constraint.InFlight, Nothing with { InFlight = "--max-inflight" }));
        Assert.Equal($"answers of {Target}", Of(Constraint.ProviderLatency));
        Assert.Equal($"the time of retries at {Target}", Of(Constraint.RetryWait));
        Assert.Equal("results to be written", Of(Constraint.Consumer));
        Assert.Equal($"{Target}, which could not be called: another --target would take over", Of(Constraint.Unavailable));
    }

    [Fact]
    public void There_are_words_for_every_constraint() =>
        Assert.Equal(Enum.GetValues<Constraint>(), ConstraintWords.All.Select(words => ConstraintWords.Of(words.Constraint).Constraint).Order());

    [Fact]
    public void The_option_that_is_named_is_the_one_that_is_slowest()
    {
        AskedLimits both = Nothing with { Requests = [new AskedLimit("--rps", 600), new AskedLimit("--rpm", 300)] };
        AskedLimits shared = Nothing with { Keys = 3, Requests = [new AskedLimit("--rpm", 300), new AskedLimit("--pool-rpm", 600, IsShared: true)] };

        Assert.EndsWith(": raise --rpm", Of(Constraint.RequestCredits, both), StringComparison.Ordinal);
        Assert.EndsWith(": raise --rps", Of(Constraint.RequestCredits, both with { Requests = [new AskedLimit("--rps", 240), new AskedLimit("--rpm", 300)] }), StringComparison.Ordinal);
        Assert.EndsWith(": raise --pool-rpm", Of(Constraint.RequestCredits, shared), StringComparison.Ordinal);
        Assert.EndsWith(": raise --rpm", Of(Constraint.RequestCredits, shared with { Keys = 2, Requests = [new AskedLimit("--rpm", 200), shared.Requests[1]] }), StringComparison.Ordinal);
        Assert.EndsWith(": give --max-inflight a number above 8", Of(Constraint.InFlight), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_asked_for_is_called_what_it_is_called_where_it_was_asked_for()
    {
        Target one = Meant(Target, ("rps", 2, "--rps"), ("rpm", 300, "ailib.json:4"), ("tpm", 9, "AI_LIB_TPM"), ("max_inflight", 3, "AI_LIB_MAX_INFLIGHT"));
        Target key = Meant("k", ("pool_rpm", 90, "--pool-rpm"), ("max_inflight", LimitTable.Auto, "built in"));

        AskedLimits options = Assert.Single(AskedLimits.Of([one]));
        AskedLimits keys = Assert.Single(AskedLimits.Of([key with { Id = "k#A", Pool = "k" }, key with { Id = "k#B", Pool = "k" }]));

        Assert.Equal((Target, 1, "AI_LIB_MAX_INFLIGHT"), (options.Place, options.Keys, options.InFlight));
        Assert.Equal([new AskedLimit("--rps", 120), new AskedLimit("rpm (ailib.json:4)", 300)], options.Requests);
        Assert.Equal([new AskedLimit("AI_LIB_TPM", 9)], options.Tokens);
        Assert.Equal(("k", 2, null), (keys.Place, keys.Keys, keys.InFlight));
        Assert.Equal([new AskedLimit("--pool-rpm", 90, IsShared: true)], keys.Requests);

        static Target Meant(string id, params (string Key, double Value, string Source)[] limits) => new(
            new TargetPlan(id, id, Provider: null)
            {
                ProviderSource = "--target",
                Model = new Sourced<string?>(null, Sources.BuiltIn),
                Address = new Sourced<Uri?>(null, Sources.BuiltIn),
                KeyVariables = new Sourced<IReadOnlyList<string>>([], Sources.BuiltIn),
                AllowPrivateNetwork = new Sourced<bool>(false, Sources.BuiltIn),
                AllowInsecureHttp = new Sourced<bool>(false, Sources.BuiltIn),
                Limits = [.. limits.Select(limit => new LimitSetting(LimitTable.All.First(known => known.Key == limit.Key), new Sourced<double>(limit.Value, limit.Source)))],
                Prices = null,
            },
            Options: null);
    }

    [Fact]
    public void A_limit_that_the_target_told_is_not_said_to_be_an_option()
    {
        AskedLimits asked = Nothing with { Requests = [new AskedLimit("--rpm", 500)] };

        string? told = Of(Constraint.RequestCredits, asked, requests: 60);

        Assert.Equal($"request credits of {Target}: it allows about 60 requests a minute, as it says itself", told);
        Assert.Equal($"request credits of {Target}: raise --rpm", Of(Constraint.RequestCredits, asked, requests: 500));
        Assert.Equal(told, Of(Constraint.RequestCredits, requests: 60));
        Assert.Equal($"request credits of {Target}: it refuses more just now", Of(Constraint.RequestCredits));
    }

    [Fact]
    public void A_target_that_cannot_be_called_is_named_with_the_reason()
    {
        Assert.Contains("whose circuit is open", Unavailable(target => target with { CircuitState = CircuitState.Open }), StringComparison.Ordinal);
        Assert.Contains("which asked for a pause of which 12 s are left", Unavailable(target => target with { CooledFor = TimeSpan.FromSeconds(11.5) }), StringComparison.Ordinal);
        Assert.Contains("whose key was refused", Unavailable(target => target with { ParkedFor = TimeSpan.MaxValue }), StringComparison.Ordinal);

        static string Unavailable(Func<TargetSignals, TargetSignals> change)
        {
            SignalsSnapshot moment = Samples.Moment(constraints: Samples.Bound(Constraint.Unavailable));
            return new BoundFinder(Settings, [Nothing]).Between(earlier: null, moment with { Targets = [change(moment.Targets[0])] })!.ToString();
        }
    }

    [Fact]
    public void Who_waits_for_a_consumer_or_a_source_is_told_whose_it_is()
    {
        Assert.EndsWith(": who reads standard output is slower", Of(Constraint.Consumer, settings: Settings with { Output = "-" }), StringComparison.Ordinal);
        Assert.EndsWith("(--ordered)", Of(Constraint.Consumer, settings: Settings with { Ordered = true }), StringComparison.Ordinal);
        Assert.EndsWith("set aside of the --budget", Of(Constraint.Input, settings: Settings with { Budget = 1 }), StringComparison.Ordinal);
    }

    [Fact]
    public void The_target_where_it_bound_for_the_longest_is_named_or_the_pool_when_its_members_share_it()
    {
        BoundFinder finder = new(Settings, []);
        SignalsSnapshot moment = Samples.Moment();

        Bound? ofSecond = finder.Between(earlier: null, With("first", 2, "second", 9, pool: null));
        Bound? ofPool = finder.Between(earlier: null, With("keys#A", 8, "keys#B", 9, pool: "keys"));
        Bound? ofMember = finder.Between(earlier: null, With("keys#A", 1, "keys#B", 9, pool: "keys"));
        Bound? later = finder.Between(With("first", 2, "second", 9, pool: null), With("first", 7, "second", 9, pool: null));

        Assert.Equal("request credits of second", ofSecond?.What);
        Assert.Equal("request credits of keys", ofPool?.What);
        Assert.Equal("request credits of keys#B", ofMember?.What);
        Assert.Equal("request credits of first", later?.What);

        SignalsSnapshot With(string first, double seconds, string second, double others, string? pool)
        {
            TargetSignals one = moment.Targets[0] with { Pool = pool };
            return moment with
            {
                Targets =
                [
                    one with { Target = first, Constraints = Samples.Bound(Constraint.RequestCredits, seconds).Plus(Samples.Bound(Constraint.None, 10 - seconds)) },
                    one with { Target = second, Constraints = Samples.Bound(Constraint.RequestCredits, others).Plus(Samples.Bound(Constraint.None, 10 - others)) },
                ],
            };
        }
    }

    [Theory]
    [InlineData(0.999, "Nearly all of the time went to waiting for x (100 %): raise y.")]
    [InlineData(0.71, "Most of the time went to waiting for x (71 %): raise y.")]
    [InlineData(0.4, "The largest part of the time went to waiting for x (40 %): raise y.")]
    public void Of_a_whole_run_it_is_a_sentence(double share, string sentence) =>
        Assert.Equal(sentence, new Bound(Constraint.RequestCredits, share, "x", "raise y").ToSentence());

    private static string? Of(Constraint constraint, AskedLimits? asked = null, double? requests = null, RunSettings? settings = null)
    {
        SignalsSnapshot moment = Samples.Moment(limit: 8, constraints: Samples.Bound(constraint));
        return new BoundFinder(settings ?? Settings, [asked ?? Nothing])
            .Between(earlier: null, moment with { Targets = [moment.Targets[0] with { RequestLimitPerMinute = requests }] })?.ToString();
    }
}
