using System.Globalization;
using System.Text.Json;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Tokenizers.Tests;

/// <summary>Measures the cheap estimate on real texts; the figures it prints are those in the documentation of <see cref="TokenEstimator"/>.</summary>
public sealed class EstimateErrorTests(ITestOutputHelper output)
{
    [Fact]
    public void The_cheap_estimate_is_near_the_truth_for_real_questions()
    {
        string? questions = Find("shared/data/gsm8k-test.batch.jsonl");
        Assert.SkipWhen(questions is null, "The GSM8K file is not beside this checkout.");
        List<(string Path, byte[] Body)> requests = [];
        List<(string Path, byte[] Body)> texts = [];
        foreach (string line in File.ReadLines(questions))
        {
            using JsonDocument row = JsonDocument.Parse(line);
            JsonElement body = row.RootElement.GetProperty("body");
            requests.Add(("/v1/chat/completions", JsonSerializer.SerializeToUtf8Bytes(body)));
            texts.Add(("/v1/completions", JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, JsonElement>(StringComparer.Ordinal)
            {
                ["prompt"] = body.GetProperty("messages")[1].GetProperty("content"),
            })));
        }

        AssertNear("requests", requests, mostMedian: 0.05, mostHigh: 0.12);
        AssertNear("questions alone", texts, mostMedian: 0.07, mostHigh: 0.17);
    }

    private void AssertNear(string name, List<(string Path, byte[] Body)> requests, double mostMedian, double mostHigh)
    {
        var exact = new ExactTokenEstimator();
        List<double> errors = [];
        long estimated = 0;
        long real = 0;
        foreach ((string path, byte[] body) in requests)
        {
            TokenEstimate cheap = TokenEstimator.Estimate(path, body);
            TokenEstimate truth = exact.Estimate(path, body);
            Assert.Equal(truth.Output, cheap.Output);
            estimated += cheap.Input;
            real += truth.Input;
            errors.Add(Math.Abs(((double)cheap.Input / truth.Input) - 1));
        }

        errors.Sort();
        double median = errors[errors.Count / 2];
        double high = errors[errors.Count * 95 / 100];
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{errors.Count} {name}: off by {median:P1} in the median, {high:P1} at the 95th percentile, {errors[^1]:P1} at most; in sum {(double)estimated / real:F3}."));
        Assert.InRange(median, 0, mostMedian);
        Assert.InRange(high, 0, mostHigh);
    }

    private static string? Find(string file)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, file);
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }
}
