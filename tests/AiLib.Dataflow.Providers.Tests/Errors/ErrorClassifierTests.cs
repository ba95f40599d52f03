using System.Text;
using CsCheck;

namespace AiLib.Dataflow.Providers.Tests.Errors;

public sealed class ErrorClassifierTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 6, 0, 0, TimeSpan.Zero);

    public static TheoryData<ErrorFixture> Fixtures { get; } = new(ErrorFixtures.All.Where(fixture => fixture.Provider != "compatible"));

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Fixtures))]
    public void Each_row_of_the_decision_table_has_its_code_and_wait(ErrorFixture fixture)
    {
        ErrorClassification result = Classify(fixture);

        Assert.Equal(fixture.Code, result.Code);
        Assert.Equal(fixture is { Code: ProviderErrorCode.RequestTooLarge, Then: Then.Elsewhere } ? OutcomeKind.TooLarge : fixture.Code.ToOutcomeKind(), result.Kind);
        Assert.Equal(fixture.WaitSeconds, result.RetryAfter?.TotalSeconds);
        Assert.Equal(fixture.Then, Decision(result));
    }

    [Fact]
    public void Every_row_of_the_decision_table_has_a_fixture()
    {
        foreach (DecisionRow row in DecisionTable.All)
        {
            Assert.NotEmpty(row.Fixtures);
            foreach (string name in row.Fixtures)
            {
                ErrorFixture fixture = Assert.Single(ErrorFixtures.All, fixture => fixture.ToString() == name);
                Assert.True(row.Code == fixture.Code && row.Then.Contains(fixture.Then), $"{row.Signal}: {name}");
            }
        }
    }

    [Fact]
    public void A_body_of_any_shape_leaves_the_decision_to_the_status()
    {
        foreach (ErrorFixture fixture in ErrorFixtures.All.Where(fixture => fixture.Provider == "compatible"))
        {
            ErrorClassification result = Classify(fixture);
            Assert.True((fixture.Code, fixture.Then) == (result.Code, Decision(result)), $"{fixture}: {result} instead of {fixture.Code}, {fixture.Then}");
        }
    }

    [Fact]
    public void A_status_in_the_body_does_not_override_that_of_the_answer() =>
        Assert.Equal(ProviderErrorCode.ServerError, Classify(new("", "openrouter", 500, """{"error":{"code":429,"message":"x"}}""", default, default)).Code);

    [Fact]
    public void A_quota_is_never_retried_whatever_its_status()
    {
        foreach (int status in (int[])[400, 402, 403, 429, 500, 503])
        {
            ErrorClassification result = Classify(new("", "openai", status, """{"error":{"code":"insufficient_quota","message":"x"}}""", default, default));

            Assert.Equal(OutcomeKind.Exhausted, result.Kind);
        }
    }

    [Fact]
    public void A_name_that_is_no_valid_text_does_not_hide_its_neighbours()
    {
        byte[] body = Encoding.ASCII.GetBytes("""{"error":{"\ud800":1,"code":"insufficient_quota"}}""");

        ErrorClassification result = ErrorClassifier.Classify("openai", 429, _ => null, body, Now);

        Assert.Equal(ProviderErrorCode.QuotaExhausted, result.Code);
    }

    [Fact]
    public void Random_bytes_are_classified_without_an_exception()
    {
        Gen<string> pieces = Gen.OneOf(
            "{", "}", "[", "]", ":", ",", "\"error\"", "\"message\"", "\"code\"", "\"type\"", "\"status\"", "\"details\"", "\"metadata\"", "\"violations\"", "\"quotaId\"", "\"retryDelay\"",
            "\"insufficient_quota\"", "\"\\ud800\"", "429", "-1e999", "null", "\"PerDay\"", "\"46s\"", "\"Limit 5, Requested 9\"", "\u00FF", "\"try again in 9999999999999h\"");
        Gen.Select(Gen.Int[100, 699], pieces.List[0, 20])
            .Sample(
                (status, parts) =>
                {
                    ErrorClassification result = ErrorClassifier.Classify("openai", status, _ => null, Encoding.Latin1.GetBytes(string.Concat(parts)), Now);
                    return Enum.IsDefined(result.Code) && result.Kind != OutcomeKind.Answered && !(result.RetryAfter < TimeSpan.Zero);
                },
                iter: 50_000);
    }

    // From the pipeline's table, which is what the pipeline goes by; that the codes' own table agrees with it is asserted there.
    private static Then Decision(ErrorClassification result) => (result.Kind.CanRetry(), result.Kind.CanRedirect(), result.RetryAfter) switch
    {
        (true, true, null) => Then.BackOff,
        (true, true, _) => Then.WaitThenRetry,
        (true, false, _) => Then.SameTarget,
        (false, true, null) => Then.Elsewhere,
        (false, true, _) => Then.Park,
        (false, false, _) => Then.GiveUp,
    };

    private static ErrorClassification Classify(ErrorFixture fixture) =>
        ErrorClassifier.Classify(fixture.Provider, fixture.Status, fixture.Find, Encoding.UTF8.GetBytes(fixture.Body), Now);
}
