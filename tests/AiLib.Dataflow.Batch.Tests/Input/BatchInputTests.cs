using System.Text;
using AiLib.Dataflow.Batch.Input;

namespace AiLib.Dataflow.Batch.Tests.Input;

public sealed class BatchInputTests
{
    [Fact]
    public async Task The_second_line_with_an_id_is_an_error_that_names_it()
    {
        List<BatchLine> lines = await ReadAsync($"{Requests.Line("a")}\n\n{Requests.Line("b")}\n{Requests.Line("a")}");

        Assert.Equal([1, 3, 4], lines.Select(line => line.Number));
        Assert.Equal(("duplicate_custom_id", "a"), (lines[2].Error!.Code, lines[2].Error!.CustomId));
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_one_error_and_the_next_is_read()
    {
        List<BatchLine> lines = await ReadAsync($"{new string('x', 5000)}\n{Requests.Line("b")}\n", maxLineBytes: 1000);

        Assert.Equal("line_too_long", lines[0].Error!.Code);
        Assert.Equal("b", lines[1].Request!.CustomId);
    }

    [Fact]
    public async Task A_bad_line_does_not_take_the_id_of_a_good_one()
    {
        List<BatchLine> lines = await ReadAsync($$"""{"custom_id":"a","method":"GET"}{{"\n"}}{{Requests.Line("a")}}""");

        Assert.NotNull(lines[0].Error);
        Assert.Equal("a", lines[1].Request!.CustomId);
    }

    [Theory]
    [InlineData("""{"model":"m","max_tokens":64}""", 64)]
    [InlineData("""{"max_completion_tokens":100,"n":3}""", 300)]
    [InlineData("""{"prompt":"one two three","max_tokens":64}""", 64 + 3)]
    [InlineData("""{"max_tokens":1e9,"n":"2"}""", 16)]
    [InlineData("""{"nested":{"max_tokens":9},"max_tokens":9223372036854775807}""", 10_000_000)]
    [InlineData("""{}""", 16)]
    public void A_request_costs_its_prompt_and_its_longest_answers(string body, long expected)
    {
        string line = $$"""{"custom_id":"a","method":"POST","url":"/v1/completions","body":{{body}}}""";
        BatchLineParser.Parse(Encoding.UTF8.GetBytes(line), 1, url: null, out BatchRequest? request);

        Assert.Equal(expected, request!.TokensBy(Providers.Estimates.CheapTokenEstimator.Instance).Total);
    }

    private static async Task<List<BatchLine>> ReadAsync(string text, int maxLineBytes = BatchInput.DefaultMaxLineBytes)
    {
        List<BatchLine> lines = [];
        await foreach (BatchLine line in BatchInput.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), maxLineBytes: maxLineBytes))
        {
            lines.Add(line);
        }

        return lines;
    }
}
